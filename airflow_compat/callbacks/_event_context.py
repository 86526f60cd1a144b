"""What an event on the server tells of a run, as the context for a callback in another process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from .._context.of_flow import DistantFlow, FlowEvent
from .._prefect.claims import task_event
from .._prefect.failed_tasks import EndedTask, known_task, lost_task
from .._prefect.runs import flow_run_and_states
from ..errors import InvalidCallbackError

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from .._airflow.version import AirflowVersion
    from .._context.mapping import Context

_FLOW, _TASK = "prefect.flow-run.", "prefect.task-run."
_AIRFLOW_STATES = {"on_retry": "up_for_retry", "on_success": "success", "on_skipped": "skipped"}


@dataclass(frozen=True)
class Told:
    """An event of a run.

    Attributes:
        flow_run_id: The flow run that it is about, or that its task run is part of.
        context: What a callback gets.
        key: What tells it from others of the flow run; empty for the end of an attempt of the flow run itself.
        state_id: The state of the flow run that it tells of; None where it tells of another thing.
    """

    flow_run_id: UUID
    context: Context
    key: str
    state_id: UUID | None


def read_event(
    run: str, alert: str, event_id: UUID | None, *, of_lost_task: bool, airflow_version: AirflowVersion
) -> Told:
    """Find out what an alert told of.

    Args:
        run: `prefect.flow-run.<id>`, `prefect.task-run.<id>`, or a flow run's id.
        alert: The alert's name.
        event_id: The event that it fired at, which for a change of state is the state's id.
        of_lost_task: Whether it is about the task that the run's process died in, or the flow where it was in none.
        airflow_version: Whose context.

    Raises:
        InvalidCallbackError: `run` is no run's.
        ServerError: The server has no such run, or can't be asked.
    """
    if run.startswith(_TASK):
        return _of_task(_id(run, _TASK), alert, airflow_version)
    event = _flow_event(_id(run, _FLOW), alert, event_id, airflow_version)
    flow_run_id, state_id = event.flow_run.id, event.state.id
    lost = lost_task(flow_run_id) if of_lost_task or alert == "on_zombie" else None
    if lost is not None:
        event.ended, event.reason = lost, "" if of_lost_task else event.reason
        return Told(flow_run_id, event.context, task_event(lost.run.id) if of_lost_task else alert, None)
    if alert == "on_failure" and not of_lost_task:
        return Told(flow_run_id, event.context, "", state_id)
    return Told(flow_run_id, event.context, f"{alert}-{event_id}", None)


def _id(run: str, prefix: str) -> UUID:
    try:
        return UUID(run.removeprefix(prefix))
    except ValueError:
        raise InvalidCallbackError(
            f"run={run!r} is no run's; give a flow run's id, or 'prefect.task-run.' and a task run's"
        ) from None


def _flow_event(flow_run_id: UUID, alert: str, event_id: UUID | None, version: AirflowVersion) -> FlowEvent:
    name, flow_run, states = flow_run_and_states(flow_run_id)
    state: State[Any] = next((state for state in states if state.id == event_id), states[-1])
    flow = DistantFlow(name, flow_run.empirical_policy.retries or 0)
    event = FlowEvent(flow, flow_run, state, version)
    if alert == "on_success":
        event.reason = "success"
    elif alert in ("on_failure", "on_zombie"):
        event.reason = "timed_out" if state.name == "TimedOut" else "task_failure"
        event.has_exception = True
    elif alert == "on_retry":
        event.airflow_state, event.has_exception = "up_for_retry", True
    return event


def _of_task(task_run_id: UUID, alert: str, version: AirflowVersion) -> Told:
    ended: EndedTask = known_task(task_run_id)
    flow_run_id = ended.run.flow_run_id
    if flow_run_id is None:
        raise InvalidCallbackError(f"task run {task_run_id} ran outside a flow; only runs of flows have a context")
    name, flow_run, _ = flow_run_and_states(flow_run_id)
    event = FlowEvent(DistantFlow(name, flow_run.empirical_policy.retries or 0), flow_run, ended.state, version)
    event.ended, event.airflow_state = ended, _AIRFLOW_STATES.get(alert, "")
    event.has_exception = alert in ("on_failure", "on_retry") or version == "3"
    if alert == "on_retry":
        return Told(flow_run_id, event.context, f"retry-{task_run_id}-{ended.run.run_count}", None)
    return Told(flow_run_id, event.context, task_event(task_run_id), None)
