"""Builds the context for a callback from an event that the server recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from .._prefect.claims import task_event
from .._prefect.failed_tasks import known_task, lost_task
from .._prefect.internals.names import STATES
from .._prefect.runs import flow_run_and_states
from ..context._flow_run import FlowEvent, RemoteFlow
from ..errors import InvalidCallbackError

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from .._airflow.version import AirflowVersion
    from ..context._lazy_dict import Context

_FLOW, _TASK = "prefect.flow-run.", "prefect.task-run."
_AIRFLOW_STATES = {"on_retry": "up_for_retry", "on_success": "success", "on_skipped": "skipped"}


@dataclass(frozen=True)
class EventContext:
    """An event of a run, and the context that the event's callbacks receive.

    Attributes:
        key: A name that identifies the event in its flow run; empty if the event is the end of an attempt of the flow
            run.
        state_id: The id of the state that ended an attempt of the flow run; None for other events.
    """

    flow_run_id: UUID
    context: Context
    key: str
    state_id: UUID | None


def read_event(
    run: str, alert: str, event_id: UUID | None, *, of_lost_task: bool, airflow_version: AirflowVersion
) -> EventContext:
    """Read the event that fired an alert.

    `run` is `prefect.flow-run.<id>`, `prefect.task-run.<id>`, or a flow run id. If the event is a change of state,
    `event_id` is the id of the new state. With `of_lost_task`, the context describes the task that was running when the
    process died, if there was one.

    Raises:
        InvalidCallbackError: `run` is not the id of a run.
        ServerError: The server has no such run, or the request fails.
    """
    if run.startswith(_TASK):
        return _of_task(_id(run, _TASK), alert, airflow_version)
    event = _flow_event(_id(run, _FLOW), alert, event_id, airflow_version)
    flow_run_id, state_id = event.flow_run.id, event.state.id
    lost = lost_task(flow_run_id) if of_lost_task or alert == "on_zombie" else None
    if lost is not None:
        event.ended, event.reason = lost, "" if of_lost_task else event.reason
        return EventContext(flow_run_id, event.context, task_event(lost.run.id) if of_lost_task else alert, None)
    if alert == "on_failure" and not of_lost_task:
        return EventContext(flow_run_id, event.context, "", state_id)
    return EventContext(flow_run_id, event.context, f"{alert}-{event_id}", None)


def _id(run: str, prefix: str) -> UUID:
    try:
        return UUID(run.removeprefix(prefix))
    except ValueError:
        raise InvalidCallbackError(
            f"run={run!r} is not the id of a run. Pass a flow run id, or 'prefect.task-run.' followed by a task run id."
        ) from None


def _flow_event(flow_run_id: UUID, alert: str, event_id: UUID | None, version: AirflowVersion) -> FlowEvent:
    name, flow_run, states = flow_run_and_states(flow_run_id)
    state: State[Any] = next((state for state in states if state.id == event_id), states[-1])
    event = FlowEvent(RemoteFlow(name, flow_run.empirical_policy.retries or 0), flow_run, state, version)
    if alert == "on_success":
        event.reason = "success"
    elif alert in ("on_failure", "on_zombie"):
        event.reason = "timed_out" if state.name == STATES.timed_out else "task_failure"
        event.has_exception = True
    elif alert == "on_retry":
        event.airflow_state, event.has_exception = "up_for_retry", True
    return event


def _of_task(task_run_id: UUID, alert: str, version: AirflowVersion) -> EventContext:
    ended = known_task(task_run_id)
    flow_run_id = ended.run.flow_run_id
    if flow_run_id is None:
        raise InvalidCallbackError(
            f"Task run {task_run_id} ran outside a flow, so it has no context. Call the task in a flow."
        )
    name, flow_run, _ = flow_run_and_states(flow_run_id)
    event = FlowEvent(RemoteFlow(name, flow_run.empirical_policy.retries or 0), flow_run, ended.state, version)
    event.ended, event.airflow_state = ended, _AIRFLOW_STATES.get(alert, "")
    event.has_exception = alert in ("on_failure", "on_retry") or version == "3"
    if alert == "on_retry":
        return EventContext(flow_run_id, event.context, f"retry-{task_run_id}-{ended.run.run_count}", None)
    return EventContext(flow_run_id, event.context, task_event(task_run_id), None)
