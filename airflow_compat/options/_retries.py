"""`retries`, `retry_delay` and the backoff as Prefect's options for retries.

Prefect takes a list of delays when a task is defined, while Airflow's depend on the run's logical date. So the list
here finds each when Prefect asks for it, which is in the run.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, SupportsIndex, overload

from .._airflow.argument_values import seconds, whole
from .._airflow.backoff import Backoff, multiplier_of
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from ..errors import AirflowCompatError
from .given import Given

_AIRFLOWS_DELAY = 300.0
# More delays than that Prefect refuses; the tries beyond are found by their number.
_MOST = 50


class BackoffDelays(list[float]):
    """The delays before each further try. As a list it has those without jitter.

    Attributes:
        backoff: How they grow.
        version: Whose logical dates.
    """

    backoff = Backoff(_AIRFLOWS_DELAY)
    version: AirflowVersion = DEFAULT_VERSION

    @classmethod
    def of(cls, backoff: Backoff, retries: int, version: AirflowVersion) -> BackoffDelays:
        """Those of a task with so many retries."""
        tries = range(1, min(retries, _MOST) + 1)
        found = cls(backoff.capped(backoff.least(number)) for number in tries)
        found.backoff, found.version = backoff, version
        return found

    @overload
    def __getitem__(self, index: SupportsIndex) -> float: ...
    @overload
    def __getitem__(self, index: slice) -> list[float]: ...
    def __getitem__(self, index: Any) -> Any:
        """The delay of the try that failed, where a task run asks; else the one without jitter."""
        from prefect.context import TaskRunContext

        context = TaskRunContext.get()
        if isinstance(index, slice) or context is None or context.task.retry_delay_seconds is not self:
            return super().__getitem__(index)
        task_run = context.task_run
        dag_id, date = _run_of(task_run, self.version)
        number = max(task_run.run_count, 1)
        return self.backoff.seconds(number, dag_id=dag_id, task_id=context.task.name, logical_date=date)


def retry_options(given: Given) -> dict[str, Any]:
    """Options for `prefect.task`; none where the task has no retries."""
    where = given.where
    if "retries" not in given.values:
        return {}
    retries = whole(where, "retries", given.get("retries", 0))
    delay = given.get("retry_delay")
    delay = _AIRFLOWS_DELAY if delay is None else seconds(where, "retry_delay", delay)
    longest = given.get("max_retry_delay")
    longest = None if longest is None else seconds(where, "max_retry_delay", longest)
    multiplier = multiplier_of(given.get("retry_exponential_backoff", False), given.version)
    if not retries:
        return {"retries": 0}
    if multiplier is None:
        return {"retries": retries, "retry_delay_seconds": delay}
    delays = BackoffDelays.of(Backoff(delay, multiplier, longest), retries, given.version)
    return {"retries": retries, "retry_delay_seconds": delays}


def _run_of(task_run: Any, version: AirflowVersion) -> tuple[str, datetime | None]:
    """The flow's name and the run's logical date; a task outside a flow, or whose run can't be found, has none."""
    from .._prefect.logs import logger_of
    from .._prefect.moments import plain
    from .._prefect.run_dates import run_dates
    from .._prefect.runs import flow_of

    try:
        dag_id, flow_run = flow_of(task_run)
        if flow_run is None:
            return dag_id, None
        return dag_id, plain(run_dates(flow_run, airflow_version=version).logical_date)
    except AirflowCompatError as exc:
        logger_of(task_run).warning("The delay before the next try is not Airflow's own: %s", exc)
        return "", None
