"""Prefect's runs as Airflow's data: read from the run in this process where it is at hand, else from the server."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING
from uuid import UUID

from prefect import Task
from prefect.client.schemas.objects import FlowRun, State, StateType, TaskRun
from prefect.client.schemas.sorting import TaskRunSort
from prefect.context import FlowRunContext
from prefect.settings import PREFECT_UI_URL
from prefect.utilities.urls import url_for

from .._airflow.context import Dag, DagRun, TaskInstance, make_run_id
from .._airflow.context import Task as AirflowTask
from .client import kept_client
from .failures import server_call

if TYPE_CHECKING:
    from prefect import Flow

_STATES = {
    StateType.COMPLETED: "success",
    StateType.FAILED: "failed",
    StateType.CRASHED: "failed",
    StateType.CANCELLED: "failed",
    StateType.RUNNING: "running",
}

# Task runs reach the server as events, a little after the fact, in seconds.
_RECORDED_WITHIN = 1.0
_RECORDED_POLL = 0.1


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


def logical_date(flow_run: FlowRun | None, task_run: TaskRun | None = None) -> datetime:
    """The run's moment, as Airflow 3 has it: when it was scheduled for, else when it was made."""
    for run in (flow_run, task_run):
        if run is not None and run.expected_start_time:
            return _plain(run.expected_start_time)
    return datetime.now(timezone.utc)


def dag_run(flow_name: str, flow_run: FlowRun) -> DagRun:
    """The flow run as a DAG run."""
    run_type = "scheduled" if flow_run.auto_scheduled else "manual"
    date = logical_date(flow_run)
    start = _plain(flow_run.start_time) if flow_run.start_time else None
    return DagRun(flow_name, make_run_id(run_type, date), run_type, date, start, dict(flow_run.parameters))


def dag(flow_name: str, flow_run: FlowRun | None, flow: Flow[..., object] | None = None) -> Dag:
    """The flow as a DAG."""
    return Dag(flow_name, flow.description if flow else None, tuple(flow_run.tags) if flow_run else ())


def airflow_task(task: Task[..., object], dag_id: str) -> AirflowTask:
    """The Prefect task as an operator."""
    delay = task.retry_delay_seconds
    retry_delay = timedelta(seconds=delay) if isinstance(delay, (int, float)) else None
    return AirflowTask(task.name, dag_id, task.retries or 0, retry_delay)


def task_instance(
    task_run: TaskRun | FlowRun, state: State[object], *, task_id: str, dag_id: str, run_id: str, max_tries: int
) -> TaskInstance:
    """A task run as a task instance; a flow run too, where a flow failed and none of its tasks did."""
    end = task_run.end_time or (state.timestamp if state.is_final() else None)
    return TaskInstance(
        task_id=task_id,
        dag_id=dag_id,
        run_id=run_id,
        try_number=max(task_run.run_count, 1),
        max_tries=max_tries,
        state=_STATES.get(state.type, str(state.name).lower()),
        start_date=_plain(task_run.start_time) if task_run.start_time else None,
        end_date=_plain(end) if end else None,
        log_url=run_url(task_run),
    )


def run_url(run: TaskRun | FlowRun) -> str:
    """The run's page in Prefect's UI."""
    base = PREFECT_UI_URL.value() or str(kept_client().api_url).rstrip("/").removesuffix("/api")
    return url_for(run, default_base_url=base) or ""


@dataclass(frozen=True)
class FailedTask:
    """A task run that failed, and the name of its task."""

    name: str
    run: TaskRun
    state: State[object]


def failed_task(exception: BaseException | None, flow_run_id: UUID) -> FailedTask | None:
    """The task that a flow run failed of; None when its own body failed.

    From the exception, where it passed through a task in this process; else the one of the server's that failed last.
    """
    return _in_traceback(exception) or _latest_failed(flow_run_id)


def _in_traceback(exception: BaseException | None) -> FailedTask | None:
    # The server has a task run only some time after it failed, and an alert must not name another one meanwhile.
    traceback = exception.__traceback__ if exception else None
    while traceback:
        frame = traceback.tb_frame
        if frame.f_globals.get("__name__") == "prefect.task_engine":
            engine = frame.f_locals.get("engine")
            task, task_run = getattr(engine, "task", None), getattr(engine, "task_run", None)
            if isinstance(task, Task) and isinstance(task_run, TaskRun) and task_run.state:
                return FailedTask(task.name, task_run, task_run.state)
        traceback = traceback.tb_next
    return None


@server_call
def _latest_failed(flow_run_id: UUID) -> FailedTask | None:
    body = {
        "flow_runs": {"id": {"any_": [str(flow_run_id)]}},
        "task_runs": {"state": {"type": {"any_": [StateType.FAILED.value, StateType.CRASHED.value]}}},
        "sort": TaskRunSort.END_TIME_DESC.value,
        "limit": 1,
    }
    until = time.monotonic() + _RECORDED_WITHIN
    while True:
        found = kept_client().request("POST", "/task_runs/filter", json=body).json()
        task_run = TaskRun.model_validate(found[0]) if found else None
        if task_run and task_run.state:
            # A task run's name is its task's, a dash, and what tells its runs apart.
            return FailedTask(task_run.name.rpartition("-")[0] or task_run.name, task_run, task_run.state)
        if time.monotonic() > until:
            return None
        time.sleep(_RECORDED_POLL)


def exception_of(state: State[object]) -> BaseException | None:
    """The exception that was raised, the object itself, where this process has it."""
    data = state.data
    raised = getattr(data, "result", data)
    return raised if isinstance(raised, BaseException) else None


def _plain(moment: datetime) -> datetime:
    """The same moment as a plain datetime in UTC, which formats as Airflow's does."""
    moment = moment.astimezone(timezone.utc)
    return datetime.combine(moment.date(), moment.time(), timezone.utc)
