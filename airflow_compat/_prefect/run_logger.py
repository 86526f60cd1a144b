"""The loggers that this package uses: the logger of the active run, or a plain logger outside a run."""

from __future__ import annotations

import logging

from prefect.client.schemas.objects import FlowRun, TaskRun
from prefect.context import FlowRunContext, TaskRunContext
from prefect.logging import get_run_logger
from prefect.logging.handlers import APILogHandler
from prefect.logging.loggers import flow_run_logger, task_run_logger

from .internals.logs import sends_to_runs

Logger = logging.Logger | logging.LoggerAdapter[logging.Logger]


def run_logger(name: str = "airflow_compat") -> Logger:
    """Return the active run's logger; outside a run, the logger with this name."""
    return get_run_logger() if FlowRunContext.get() or TaskRunContext.get() else logging.getLogger(name)


def logger_of(run: TaskRun | FlowRun) -> Logger:
    """Return the logger of an active or ended run."""
    return task_run_logger(run) if isinstance(run, TaskRun) else flow_run_logger(run)


class RunHandler(APILogHandler):
    """Sends log records to the log of the active run, as Prefect does for PREFECT_LOGGING_EXTRA_LOGGERS.

    Drops other records.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Send the record, unless a handler of Prefect sends it."""
        if (FlowRunContext.get() or TaskRunContext.get()) and not sends_to_runs(record.name):
            super().emit(record)
