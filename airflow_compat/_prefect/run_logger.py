"""Where shims log: the run's own log, which the UI shows, or outside a run a plain logger."""

from __future__ import annotations

import logging

from prefect.client.schemas.objects import FlowRun, TaskRun
from prefect.context import FlowRunContext, TaskRunContext
from prefect.logging import get_run_logger
from prefect.logging.handlers import APILogHandler
from prefect.logging.loggers import flow_run_logger, task_run_logger

Logger = logging.Logger | logging.LoggerAdapter[logging.Logger]


def run_logger(name: str = "airflow_compat") -> Logger:
    """The active run's logger, else the one of this name."""
    if FlowRunContext.get() or TaskRunContext.get():
        return get_run_logger()
    return logging.getLogger(name)


def logger_of(run: TaskRun | FlowRun) -> Logger:
    """The logger of a run, whether it goes on or not."""
    return task_run_logger(run) if isinstance(run, TaskRun) else flow_run_logger(run)


class RunHandler(APILogHandler):
    """Sends what is said in a run to its log, as Prefect does for PREFECT_LOGGING_EXTRA_LOGGERS; nothing elsewhere."""

    def emit(self, record: logging.LogRecord) -> None:
        """Send the record, unless Prefect's own handler does too."""
        if (FlowRunContext.get() or TaskRunContext.get()) and not _is_sent(record.name):
            super().emit(record)


def _is_sent(name: str) -> bool:
    """Whether a logger, or one that it hands its records to, has Prefect's handler."""
    logger: logging.Logger | None = logging.getLogger(name)
    while logger:
        if any(type(handler) is APILogHandler for handler in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False
