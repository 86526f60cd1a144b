"""Restarts or fails DAG runs whose process is gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Literal, TypeAlias
from uuid import UUID

from .._prefect.processes import PID
from ..doctor._server_runs import LostRun, crashed_dag_runs, lost_runs
from ..errors import InvalidArgumentError
from . import _server_runs as server
from ._requests import Request, send

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prefect.client.schemas.objects import FlowRun

LostAction: TypeAlias = Literal["restart", "fail"]

# Runs that crashed before this period are ignored.
_CRASHED_WITHIN = timedelta(days=1)


@dataclass(frozen=True)
class LostDagRun:
    """A run of a DAG whose process is gone, so that nothing executes its tasks.

    Attributes:
        flow_run_id: The flow run.
        dag_id: The DAG.
        name: The name of the flow run, which is Airflow's run id.
        since: The last moment at which the process was known to be alive.
        reason: The evidence that the process is gone.
        is_scheduled: Whether the call that returned this object has scheduled the run, so that a worker runs it again.
    """

    flow_run_id: UUID
    dag_id: str
    name: str
    since: datetime
    reason: str
    is_scheduled: bool = False


def age_in_minutes(number: float) -> timedelta:
    """Return a number of minutes as a duration.

    Raises:
        InvalidArgumentError: The number is not finite, or is too large.
    """
    try:
        return timedelta(minutes=number)
    except (ValueError, OverflowError):
        raise InvalidArgumentError(f"older_than is {number:g} minutes. Use a number such as 30.") from None


def find_lost(older_than: timedelta, action: LostAction | None, *, now: datetime | None = None) -> list[LostDagRun]:
    """See `airflow_compat.dags.runs.lost`."""
    now = now or datetime.now(timezone.utc)
    chosen = (each for each in _lost_and_crashed(now) if each.is_undone or now - each.since >= older_than)
    # A worker may report a run of the first list as crashed before the second list is read.
    found = {each.flow_run.id: each for each in chosen}.values()
    handled = (_handled(each, action) for each in sorted(found, key=lambda each: each.since))
    return [each for each in handled if each is not None]


def _lost_and_crashed(now: datetime) -> Iterator[LostRun]:
    yield from (each for each in lost_runs(now=now) if PID in each.flow_run.labels)
    yield from crashed_dag_runs(now - _CRASHED_WITHIN, now=now)


def _handled(lost: LostRun, action: LostAction | None) -> LostDagRun | None:
    """Restart or fail a run. Return None if the run has been started again since the list was read."""
    run, message = lost.flow_run, f"The process of the run was gone: {lost.reason}"
    is_scheduled = action is not None and run.deployment_id is not None
    if action is not None and not _is_still_lost(run):
        return None
    if is_scheduled:
        if action == "fail" and not lost.is_undone:
            send(run.id, Request("fail"))
        server.schedule_again(run.id, message)
    elif action is not None and run.state is not None and not run.state.is_crashed():
        server.set_crashed(run.id, message)
    return LostDagRun(run.id, lost.flow_name, run.name, lost.since, lost.reason, is_scheduled)


def _is_still_lost(run: FlowRun) -> bool:
    again = server.read_run(run.id)
    if again is None or again.state is None or run.state is None:
        return False
    return again.state.id == run.state.id or again.state.is_crashed()
