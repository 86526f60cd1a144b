"""Finds flow runs that the server shows as running although their process is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, StateType

from .._prefect.client import kept_client
from .._prefect.failures import server_call
from .._prefect.pages import chunks, event_pages, items
from .._prefect.processes import ATTEMPT, PID, is_alive, is_of_this_host

SILENCE = timedelta(minutes=10)
"""If a run has sent no heartbeat for this long, its process counts as gone."""

_RUNNING = (StateType.RUNNING.value, StateType.CANCELLING.value)


@dataclass(frozen=True)
class LostRun:
    """A flow run whose process is gone.

    Attributes:
        flow_run: The flow run.
        flow_name: The name of the flow.
        since: The last moment at which the process was known to be alive.
        reason: The evidence that the process is gone.
        is_undone: Whether the run was restarted, but a late report of the crash has undone the restart.
    """

    flow_run: FlowRun
    flow_name: str
    since: datetime
    reason: str
    is_undone: bool = False


def lost_runs(*, now: datetime | None = None) -> list[LostRun]:
    """Return the runs that are shown as running although their process is gone, the earliest first.

    The labels of a DAG run name its process, so that the process can be checked on the same machine. Other runs count
    as lost if they have sent heartbeats, but the heartbeats have stopped. Runs that send no heartbeats are left out.

    Args:
        now: The current time.

    Raises:
        ServerError: A request to the server failed.
    """
    now = now or datetime.now(timezone.utc)
    gone, unknown = [], []
    for run in _runs({"state": {"type": {"any_": _RUNNING}}, "start_time": {"is_null_": False}}):
        if not is_of_this_host(run.labels):
            unknown.append(run)
        elif not is_alive(run.labels) and not _is_starting(run, now):
            gone.append((run, _since(run), f"its process {run.labels.get(PID)} on this machine is gone"))
    alive = _last_heartbeats([run.id for run in unknown], now - SILENCE, now)
    for run in unknown:
        if run.id not in alive and _since(run) < now - SILENCE:
            last = _last_heartbeats([run.id], _since(run), now).get(run.id)
            if last is not None:
                gone.append((run, last, f"its last heartbeat was at {last:%Y-%m-%d %H:%M:%S} UTC"))
    names = _flow_names(run for run, _, _ in gone)
    found = [LostRun(run, names.get(run.flow_id, ""), since, reason) for run, since, reason in gone]
    return sorted(found, key=lambda each: each.since)


def crashed_dag_runs(after: datetime, *, now: datetime) -> list[LostRun]:
    """Return those DAG runs that crashed after this time and were not started again, the earliest first.

    A worker reports one crash twice: before it loads the flow for its hooks, and afterwards. The second report may come
    after the run was scheduled again, or while another worker is starting the run.

    Args:
        after: The time.
        now: The current time.

    Raises:
        ServerError: A request to the server failed.
    """
    wanted = {"state": {"type": {"any_": [StateType.CRASHED.value]}}, "end_time": {"after_": after.isoformat()}}
    runs = [run for run in _runs(wanted) if PID in run.labels]
    names = _flow_names(runs)
    found = []
    for run in runs:
        before = _state_before_crash(run.id)
        if before is StateType.PENDING and _since(run) > now - SILENCE:
            continue
        is_undone = before is StateType.SCHEDULED
        reason = "a late report of a crash has undone its restart" if is_undone else "it crashed"
        found.append(LostRun(run, names.get(run.flow_id, ""), _since(run), reason, is_undone))
    return sorted(found, key=lambda each: each.since)


@server_call
def _state_before_crash(flow_run_id: UUID) -> StateType | None:
    states = sorted(kept_client().read_flow_run_states(flow_run_id), key=lambda each: each.timestamp)
    return next((each.type for each in reversed(states) if not each.is_crashed()), None)


def _is_starting(run: FlowRun, now: datetime) -> bool:
    """Return True if the labels name the process of an earlier attempt, because the new process has just begun."""
    return run.labels.get(ATTEMPT, str(run.run_count)) != str(run.run_count) and _since(run) > now - SILENCE


def _runs(wanted: Mapping[str, Any]) -> list[FlowRun]:
    return [FlowRun.model_validate(each) for each in items("/flow_runs/filter", {"flow_runs": dict(wanted)})]


def _since(run: FlowRun) -> datetime:
    assert run.state is not None
    return run.state.timestamp


def _last_heartbeats(ids: list[UUID], since: datetime, until: datetime) -> dict[UUID, datetime]:
    """Return the time of the last heartbeat in an interval, for each run that sent one."""
    found: dict[UUID, datetime] = {}
    for some in chunks(str(each) for each in ids):
        wanted = {
            "event": {"name": ["prefect.flow-run.heartbeat"]},
            "resource": {"id": [f"prefect.flow-run.{each}" for each in some]},
            "occurred": {"since": since.isoformat(), "until": until.isoformat()},
            "order": "DESC",
        }
        for page in event_pages(wanted):
            for event in page.events:
                id_ = UUID(event["resource"]["prefect.resource.id"].rpartition(".")[2])
                found.setdefault(id_, datetime.fromisoformat(event["occurred"].replace("Z", "+00:00")))
            if len(found) == len(ids):
                break
    return found


@server_call
def _flow_names(runs: Iterable[FlowRun]) -> dict[UUID, str]:
    return {id_: kept_client().read_flow(id_).name for id_ in {run.flow_id for run in runs}}
