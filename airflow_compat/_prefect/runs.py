"""Prefect's runs as Airflow's data: read from the run in this process where it is at hand, else from the server."""

from __future__ import annotations

import inspect
import socket
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, State, StateType, TaskRun
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_UI_URL
from prefect.utilities.urls import url_for

from .._airflow.data_interval import RunDates, run_id
from .._airflow.run_objects import Dag, DagRun, Services, TaskInstance
from .._airflow.run_objects import Task as AirflowTask
from .._airflow.told_arguments import DEFAULT_OWNER, OWNER_TAG, carried, owner_in_description, owner_in_tags
from .._airflow.version import AirflowVersion
from ..errors import ServerError
from ..exceptions import RebuiltException
from .claims import CLAIM, is_claim
from .client import kept_client
from .failures import server_call
from .map_indexes import known_index
from .moments import plain

if TYPE_CHECKING:
    from prefect import Flow, Task

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
    "AwaitingRetry": "up_for_retry",
    "Retrying": "running",
    "NotReady": "upstream_failed",
}
_PAGE = 200


def state_name(state: State[Any] | None) -> str:
    """Airflow's word for a state."""
    if state is None:
        return "none"
    return _NAMED_STATES.get(state.name or "") or _STATES.get(state.type) or str(state.name).lower()


@server_call
def flow_of(task_run: TaskRun) -> tuple[str, FlowRun | None]:
    """The name of the flow that a task run belongs to, and its run; ("", None) for a task called outside a flow."""
    if task_run.flow_run_id is None:
        return "", None
    context = FlowRunContext.get()
    if context and context.flow and context.flow_run and context.flow_run.id == task_run.flow_run_id:
        return context.flow.name, context.flow_run
    flow_run = kept_client().read_flow_run(task_run.flow_run_id)
    return kept_client().read_flow(flow_run.flow_id).name, flow_run


@server_call
def flow_run_and_states(flow_run_id: UUID) -> tuple[str, FlowRun, list[State[Any]]]:
    """The name of a flow run's flow, the run, and its states from the first to the last.

    Raises:
        ServerError: The server has no such run.
    """
    client = kept_client()
    try:
        flow_run = client.read_flow_run(flow_run_id)
    except ObjectNotFound:
        raise ServerError(f"the server has no flow run {flow_run_id}; it may have been deleted") from None
    return client.read_flow(flow_run.flow_id).name, flow_run, client.read_flow_run_states(flow_run_id)


def dag_run(
    flow_name: str,
    flow_run: FlowRun,
    dates: RunDates,
    *,
    state: State[Any] | None,
    version: AirflowVersion,
    services: Services,
) -> DagRun:
    """The flow run as a DAG run."""
    end = flow_run.end_time or (state.timestamp if state and state.is_final() else None)
    return DagRun(
        dag_id=flow_name,
        run_id=run_id(dates, airflow_version=version),
        run_type=dates.run_type,
        logical_date=dates.logical_date,
        start_date=_plain(flow_run.start_time),
        conf=dict(flow_run.parameters),
        end_date=_plain(end),
        state=state_name(state or flow_run.state),
        data_interval_start=dates.data_interval_start,
        data_interval_end=dates.data_interval_end,
        run_after=dates.run_after,
        services=services,
    )


def dag(
    flow_name: str,
    flow_run: FlowRun | None,
    flow: Flow[..., Any] | None = None,
    task: Task[..., Any] | None = None,
) -> Dag:
    """The flow as a DAG.

    Args:
        flow_name: The flow's name.
        flow_run: Its run.
        flow: The flow, where it is at hand.
        task: A task of it, which may know the DAG's `default_args`.
    """
    context = FlowRunContext.get()
    if flow is None and context and context.flow and context.flow.name == flow_name:
        flow = context.flow
    told = dict(_told_of_flow(flow)) if flow else {}
    if told:
        # The flow's description has both.
        told = {"description": None, "doc_md": None, **told}
    default_args = told.get("default_args") or (told_of_task(task).get("default_args") if task else None)
    if default_args:
        told["default_args"] = default_args
    tags = tuple(flow_run.tags) if flow_run else ()
    owner = (default_args or {}).get("owner") or owner_in_tags(tags)
    return Dag(
        flow_name,
        told.get("description", flow.description if flow else None),
        tuple(told.get("tags") or (tag for tag in tags if not tag.startswith(OWNER_TAG))),
        (inspect.getsourcefile(inspect.unwrap(flow.fn)) or "") if flow else "",
        dict(flow_run.parameters) if flow_run else {},
        owner or (_owner(task) if task else None) or DEFAULT_OWNER,
        told,
    )


def airflow_task(task: Task[..., Any], dag: Dag) -> AirflowTask:
    """The Prefect task as an operator of a DAG."""
    told = told_of_task(task)
    delay = told.get("retry_delay", task.retry_delay_seconds)
    timeout = told.get("execution_timeout", task.timeout_seconds)
    return AirflowTask(
        task_id=task.name,
        dag_id=dag.dag_id,
        retries=task.retries or 0,
        retry_delay=_timedelta(delay),
        execution_timeout=_timedelta(timeout),
        doc_md=_doc_md(task, told) if told else task.description,
        owner=_owner(task) or dag.owner,
        told=told,
    )


def told_of_task(task: Task[..., Any]) -> Mapping[str, Any]:
    """Airflow's arguments that the task was made of; empty where none are known."""
    hooks = (*task.on_running_hooks, *task.on_failure_hooks, *task.on_completion_hooks)
    return carried((task.fn, task.name, *hooks))


def _told_of_flow(flow: Flow[..., Any]) -> Mapping[str, Any]:
    return carried((flow.name, *flow.on_failure_hooks, *flow.on_completion_hooks))


def _owner(task: Task[..., Any]) -> str | None:
    return told_of_task(task).get("owner") or owner_in_description(task.description)


def _doc_md(task: Task[..., Any], told: Mapping[str, Any]) -> str | None:
    """Its own, or the docstring of a function that has no documentation besides, as in Airflow's `@task`."""
    if any(told.get(name) for name in ("doc", "doc_md", "doc_json", "doc_yaml", "doc_rst")):
        found: str | None = told.get("doc_md")
        return found
    return inspect.getdoc(inspect.unwrap(task.fn))


def _timedelta(value: Any) -> timedelta | None:
    if isinstance(value, (int, float)):
        return timedelta(seconds=value)
    return value if isinstance(value, timedelta) else None


def task_instance(
    run: TaskRun | FlowRun,
    state: State[Any] | None,
    *,
    task: AirflowTask,
    run_id: str,
    airflow_state: str = "",
    try_number: int | None = None,
    map_index: int | Callable[[], int] = -1,
    dag_run: DagRun | None = None,
    services: Services | None = None,
) -> TaskInstance:
    """A task run as a task instance; a flow run too, where none of its tasks is meant.

    Args:
        run: The run.
        state: The state that is told of.
        task: Its task.
        run_id: Airflow's id of the flow run; empty outside a flow.
        airflow_state: Airflow's state, where the run's own doesn't tell: `up_for_retry`.
        try_number: Which try this is, where the run doesn't tell.
        map_index: The run's number, or what finds it.
        dag_run: The flow run.
        services: What it asks for when it is read.
    """
    end = run.end_time or (state.timestamp if state and state.is_final() else None)
    return TaskInstance(
        task_id=task.task_id,
        dag_id=task.dag_id,
        run_id=run_id,
        try_number=max(run.run_count, 1) if try_number is None else try_number,
        max_tries=task.retries,
        state=airflow_state or state_name(state),
        start_date=_plain(run.start_time),
        end_date=_plain(end),
        numbered=map_index,
        hostname=socket.gethostname(),
        task=task,
        dag_run=dag_run,
        services=services,
    )


@server_call
def task_runs(flow_run_id: UUID, **filters: object) -> list[TaskRun]:
    """The task runs of a flow run that the server has, in the order of their starts.

    Args:
        flow_run_id: The flow run.
        filters: More of the API's filters for task runs.
    """
    return [run for run in _all_task_runs(flow_run_id, filters) if not is_claim(run)]


@server_call
def callback_runs(flow_run_id: UUID) -> list[TaskRun]:
    """The task runs that stand for callbacks of a flow run, in the order of their starts."""
    return [run for run in _all_task_runs(flow_run_id, {"tags": {"all_": [CLAIM]}}) if is_claim(run)]


def _all_task_runs(flow_run_id: UUID, filters: Mapping[str, object]) -> list[TaskRun]:
    found: list[TaskRun] = []
    offset = 0
    while True:
        body = {
            "flow_runs": {"id": {"any_": [str(flow_run_id)]}},
            "task_runs": filters,
            "limit": _PAGE,
            "offset": offset,
        }
        page = kept_client().request("POST", "/task_runs/filter", json=body).json()
        found += [TaskRun.model_validate(each) for each in page]
        offset += len(page)
        if len(page) < _PAGE:
            break
    never = datetime.max.replace(tzinfo=timezone.utc)
    return sorted(found, key=lambda run: run.start_time or never)


def task_name(task_run: TaskRun) -> str:
    """The task's name: a task run's own is that, a dash, and what tells its runs apart."""
    return task_run.name.rpartition("-")[0] or task_run.name


def known_task_instances(
    flow_run_id: UUID, *, dag_id: str, run_id: str, states: Iterable[str] | None
) -> list[TaskInstance]:
    """The task instances of a flow run that the server knows of."""
    wanted = None if states is None else set(states)
    found = [
        task_instance(
            run,
            run.state,
            task=AirflowTask(task_name(run), dag_id, run.empirical_policy.retries or 0),
            run_id=run_id,
            map_index=known_index(run),
        )
        for run in task_runs(flow_run_id)
    ]
    return [ti for ti in found if wanted is None or ti.state in wanted]


def run_url(run: TaskRun | FlowRun) -> str:
    """The run's page in Prefect's UI."""
    base = PREFECT_UI_URL.value() or str(kept_client().api_url).rstrip("/").removesuffix("/api")
    return url_for(run, default_base_url=base) or ""


def exception_of(state: State[Any]) -> BaseException | None:
    """The exception that was raised: the object itself where this process has it, else what the state tells of it."""
    if raised := _raised_in(state.data):
        # One of ours may stand for one that Airflow has and that is no Exception.
        return raised.__cause__ if getattr(raised, "stands_for_cause", False) else raised
    if state.is_failed() or state.is_crashed():
        return RebuiltException.from_message(state.message or state.name or "")
    return None


def _raised_in(data: Any) -> BaseException | None:
    """An exception, or that of a state: a flow that returns its tasks' states fails with them."""
    # A result that is kept is wrapped; a state has a method of that name.
    found = data if isinstance(data, State) else getattr(data, "result", data)
    if isinstance(found, BaseException):
        return found
    states = [found] if isinstance(found, State) else found if isinstance(found, (list, tuple)) else ()
    for state in states:
        is_bad = isinstance(state, State) and (state.is_failed() or state.is_crashed())
        if is_bad and (raised := _raised_in(state.data)):
            return raised
    return None


def _plain(moment: datetime | None) -> datetime | None:
    return None if moment is None else plain(moment)
