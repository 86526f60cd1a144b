"""Reads Prefect's flow runs and task runs, their states and exceptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, State, StateType, TaskRun
from prefect.context import FlowRunContext, TaskRunContext
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_UI_URL
from prefect.utilities.urls import url_for

from ..errors import ServerError
from ..exceptions import RebuiltException
from .claims import CLAIM, is_claim
from .client import kept_client
from .failures import server_call
from .instance_keys import SUMMARY, TRY, task_in_key
from .internals.names import STATES, task_in_run_name
from .internals.results import value_of
from .pages import items
from .recorded import wait_until_recorded

_STATES = {
    StateType.COMPLETED: "success",
    StateType.FAILED: "failed",
    StateType.CRASHED: "failed",
    StateType.CANCELLED: "failed",
    StateType.RUNNING: "running",
    StateType.SCHEDULED: "scheduled",
    StateType.PENDING: "queued",
}
_NAMED_STATES = {
    "Skipped": "skipped",
    "UpForRetry": "up_for_retry",
    "UpstreamFailed": "upstream_failed",
    STATES.awaiting_retry: "up_for_retry",
    STATES.retrying: "running",
    STATES.not_ready: "upstream_failed",
}


def state_name(state: State[Any] | None) -> str:
    """Return Airflow's name for a state."""
    if state is None:
        return "none"
    return _NAMED_STATES.get(state.name or "") or _STATES.get(state.type) or str(state.name).lower()


def active_run() -> TaskRun | FlowRun | None:
    """Return the task run, or else the flow run, whose code calls this function; None outside a run."""
    if task_context := TaskRunContext.get():
        return task_context.task_run
    flow_context = FlowRunContext.get()
    return flow_context.flow_run if flow_context else None


@server_call
def flow_of(task_run: TaskRun) -> tuple[str, FlowRun | None]:
    """Return the name of a task run's flow, and the flow run; ("", None) outside a flow."""
    if task_run.flow_run_id is None:
        return "", None
    context = FlowRunContext.get()
    if context and context.flow and context.flow_run and context.flow_run.id == task_run.flow_run_id:
        return context.flow.name, context.flow_run
    flow_run = kept_client().read_flow_run(task_run.flow_run_id)
    return kept_client().read_flow(flow_run.flow_id).name, flow_run


@server_call
def flow_run_and_states(flow_run_id: UUID) -> tuple[str, FlowRun, list[State[Any]]]:
    """Return a flow run's flow name, the run, and its states, oldest first.

    Raises:
        ServerError: The server has no such run.
    """
    client = kept_client()
    try:
        flow_run = client.read_flow_run(flow_run_id)
    except ObjectNotFound:
        raise ServerError(f"the server has no flow run {flow_run_id}; the flow run may have been deleted") from None
    return client.read_flow(flow_run.flow_id).name, flow_run, client.read_flow_run_states(flow_run_id)


@server_call
def task_runs(flow_run_id: UUID, **filters: object) -> list[TaskRun]:
    """Return a flow run's task runs in the order of their starts, with the states that this process sent.

    Args:
        flow_run_id: The flow run.
        filters: Additional filters of the API for task runs.
    """
    wait_until_recorded(flow_run_id)
    return [
        run for run in _all_task_runs(flow_run_id, filters) if not (is_claim(run) or run.task_key.startswith(SUMMARY))
    ]


@server_call
def callback_runs(flow_run_id: UUID) -> list[TaskRun]:
    """Return a flow run's claims of callbacks in the order of their starts."""
    return [run for run in _all_task_runs(flow_run_id, {"tags": {"all_": [CLAIM]}}) if is_claim(run)]


def _all_task_runs(flow_run_id: UUID, filters: Mapping[str, object]) -> list[TaskRun]:
    body = {"flow_runs": {"id": {"any_": [str(flow_run_id)]}}, "task_runs": filters}
    found = [TaskRun.model_validate(each) for each in items("/task_runs/filter", body)]
    never = datetime.max.replace(tzinfo=timezone.utc)
    return sorted(found, key=lambda run: run.start_time or never)


def instance_times(runs: Sequence[TaskRun]) -> tuple[datetime | None, datetime | None]:
    """Return the start and the end of a task instance: those of its last try, even if it got another state since.

    Args:
        runs: The task runs that show the instance, in the order of their starts.
    """
    last, tries = runs[-1], [run for run in runs if run.task_key.startswith(TRY)]
    if not tries:
        return None, last.end_time
    # A killed try may end later than the task instance, or never.
    ends = [run.end_time for run in (tries[-1], last) if run.end_time]
    return tries[-1].start_time, min(ends, default=None)


def task_name(task_run: TaskRun) -> str:
    """Return the task's name; in the run of a DAG file, the task id."""
    return task_in_key(task_run.task_key) or task_in_run_name(task_run.name)


def run_url(run: TaskRun | FlowRun) -> str:
    base = PREFECT_UI_URL.value() or str(kept_client().api_url).rstrip("/").removesuffix("/api")
    return url_for(run, default_base_url=base) or ""


def exception_of(state: State[Any]) -> BaseException | None:
    """Return a failed state's exception: the original in the process that raised it, elsewhere a rebuilt one."""
    if raised := _raised_in(state.data):
        # If an Airflow exception is not an `Exception`, `TaskTimeoutError` stands for it, and has it as its cause.
        return raised.__cause__ if getattr(raised, "stands_for_cause", False) else raised
    if state.is_failed() or state.is_crashed():
        return RebuiltException.from_message(state.message or state.name or "")
    return None


def _raised_in(data: Any) -> BaseException | None:
    """Return the exception in a state's data. The data of a flow's state may be the states of its tasks."""
    # A state is not passed to `value_of`, which reads `result` as data, whereas a state's `result` is a method.
    found = data if isinstance(data, State) else value_of(data)
    if isinstance(found, BaseException):
        return found
    states = [found] if isinstance(found, State) else found if isinstance(found, (list, tuple)) else ()
    for state in states:
        is_bad = isinstance(state, State) and (state.is_failed() or state.is_crashed())
        if is_bad and (raised := _raised_in(state.data)):
            return raised
    return None
