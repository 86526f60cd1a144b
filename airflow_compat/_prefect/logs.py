"""Where shims log: the run's own log, which the UI shows, or outside a run a plain logger."""

from __future__ import annotations

import logging

from prefect.context import FlowRunContext, TaskRunContext
from prefect.logging import get_run_logger


def run_logger() -> logging.Logger | logging.LoggerAdapter[logging.Logger]:
    """The active run's logger, else `airflow_compat`."""
    if FlowRunContext.get() or TaskRunContext.get():
        return get_run_logger()
    return logging.getLogger("airflow_compat")
