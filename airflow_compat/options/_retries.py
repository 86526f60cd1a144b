"""Convert `retries`, `retry_delay` and the backoff to Prefect's retry options.

Airflow's retry delays depend on the run's logical date, but Prefect requires the list of delays when a task is defined.
So the list `BackoffDelays` computes each delay when Prefect reads it in the run.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, SupportsIndex, overload

from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from ..errors import AirflowCompatError
from ._backoff import Backoff

AIRFLOWS_DELAY = 300.0
"""Airflow's default `retry_delay`, in seconds."""

# Prefect refuses a longer list of retry delays. Delays of later tries are computed in the run.
_MOST = 50


class BackoffDelays(list[float]):
    """The retry delays of a task. The list items are delays without jitter."""

    backoff = Backoff(AIRFLOWS_DELAY)
    version: AirflowVersion = DEFAULT_VERSION

    @classmethod
    def of(cls, backoff: Backoff, retries: int, version: AirflowVersion) -> BackoffDelays:
        tries = range(1, min(retries, _MOST) + 1)
        found = cls(backoff.capped(backoff.least(number)) for number in tries)
        found.backoff, found.version = backoff, version
        return found

    @overload
    def __getitem__(self, index: SupportsIndex) -> float: ...
    @overload
    def __getitem__(self, index: slice) -> list[float]: ...
    def __getitem__(self, index: Any) -> Any:
        """Return the delay after a failed try, without jitter outside a task run."""
        from .._prefect.internals.engine import run_that_asks

        context = None if isinstance(index, slice) else run_that_asks(self)
        if context is None:
            return super().__getitem__(index)
        task_run = context.task_run
        dag_id, date = _run_of(task_run, self.version)
        number = max(task_run.run_count, 1)
        return self.backoff.seconds(number, dag_id=dag_id, task_id=context.task.name, logical_date=date)


def _run_of(task_run: Any, version: AirflowVersion) -> tuple[str, datetime | None]:
    """Return the name of the current flow and the run's logical date, if known."""
    from .._prefect.datetimes import plain
    from .._prefect.run_dates import run_dates
    from .._prefect.run_logger import logger_of
    from .._prefect.runs import flow_of

    try:
        dag_id, flow_run = flow_of(task_run)
        if flow_run is None:
            return dag_id, None
        return dag_id, plain(run_dates(flow_run, airflow_version=version).logical_date)
    except AirflowCompatError as exc:
        logger_of(task_run).warning(
            "The next retry delay differs from Airflow's, because the logical date could not be read: %s", exc
        )
        return "", None
