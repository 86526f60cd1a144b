"""Where shims log: the run's own log, which the UI shows, or outside a run a plain logger."""

from __future__ import annotations

import logging

from prefect.client.schemas.objects import FlowRun, TaskRun
from prefect.context import FlowRunContext, TaskRunContext
from prefect.logging import get_run_logger
from prefect.logging.loggers import flow_run_logger, task_run_logger

Logger = logging.Logger | logging.LoggerAdapter[logging.Logger]


def run_logger() -> Logger:
    """The active run's logger, else `airflow_compat`."""
    if FlowRunContext.get() or TaskRunContext.get():
        return get_run_logger()
    return logging.getLogger("airflow_compat")


def logger_of(run: TaskRun | FlowRun) -> Logger:
    """The logger of a run, whether it goes on or not."""
    return task_run_logger(run) if isinstance(run, TaskRun) else flow_run_logger(run)
