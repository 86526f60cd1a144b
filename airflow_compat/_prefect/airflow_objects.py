"""Makes Airflow's objects for the context from Prefect's runs, flows and tasks."""

from __future__ import annotations

import inspect
import socket
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect.context import FlowRunContext

from .._airflow.argument_values import param_values
from .._airflow.author_arguments import DEFAULT_OWNER, OWNER_TAG, carried, owner_in_description, owner_in_tags
from .._airflow.data_interval import RunDates, run_id
from .._airflow.run_objects import Dag, DagRun, Services, TaskInstance
from .._airflow.run_objects import Task as AirflowTask
from .._airflow.task_arguments import TASK_ARGUMENTS
from .._airflow.version import AirflowVersion
from .datetimes import plain
from .internals.hooks import hooks_of
from .map_indexes import known_index
from .runs import state_name, task_name, task_runs

if TYPE_CHECKING:
    from prefect import Flow, Task
    from prefect.client.schemas.objects import FlowRun, State, TaskRun


def dag_run(
    flow_name: str,
    flow_run: FlowRun,
    dates: RunDates,
    *,
    state: State[Any] | None,
    version: AirflowVersion,
    services: Services,
) -> DagRun:
    return DagRun(
        dag_id=flow_name,
        run_id=run_id(dates, airflow_version=version),
        run_type=dates.run_type,
        logical_date=dates.logical_date,
        start_date=_plain(flow_run.start_time),
        conf=dict(flow_run.parameters),
        end_date=_end(flow_run, state),
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
    """Return a flow as a DAG.

    `flow` is None if this process lacks the flow object. A `task` may have the DAG's `default_args` attached.
    """
    context = FlowRunContext.get()
    if flow is None and context and context.flow and context.flow.name == flow_name:
        flow = context.flow
    carriers = (flow.name, flow.description, *hooks_of(flow, "failure"), *hooks_of(flow, "completion")) if flow else ()
    told = dict(carried(carriers))
    if told:
        # The flow's description joins `description` and `doc_md`, so if one of the two is missing, the flow's
        # description can't replace it.
        told = {"description": None, "doc_md": None, **told}
    default_args = told.get("default_args") or (told_of_task(task).get("default_args") if task else None)
    if default_args:
        told["default_args"] = default_args
    declared = {**(told.get("params") or {}), **((default_args or {}).get("params") or {})}
    tags = tuple(flow_run.tags) if flow_run else ()
    return Dag(
        flow_name,
        told.get("description", flow.description if flow else None),
        tuple(told.get("tags") or (tag for tag in tags if not tag.startswith(OWNER_TAG))),
        (inspect.getsourcefile(inspect.unwrap(flow.fn)) or "") if flow else "",
        {**param_values(declared), **(flow_run.parameters if flow_run else {})},
        (default_args or {}).get("owner") or owner_in_tags(tags) or (_owner(task) if task else None) or DEFAULT_OWNER,
        told,
    )


def airflow_task(task: Task[..., Any], dag: Dag) -> AirflowTask:
    """Return a Prefect task as an operator of a DAG."""
    told = told_of_task(task)
    return AirflowTask(
        task_id=task.name,
        dag_id=dag.dag_id,
        retries=task.retries or 0,
        retry_delay=_timedelta(told.get("retry_delay", task.retry_delay_seconds)),
        execution_timeout=_timedelta(told.get("execution_timeout", task.timeout_seconds)),
        doc_md=_doc_md(task, told) if told else task.description,
        owner=_owner(task) or dag.owner,
        told={**_told_by_dag(dag), **told, "params": dag.params},
    )


def task_of_dag(name: str, dag: Dag, retries: int, doc_md: str | None = None) -> AirflowTask:
    """Return an Airflow task for a flow, or for a task whose code this process lacks, with the DAG's defaults."""
    return AirflowTask(name, dag.dag_id, retries, doc_md=doc_md, owner=dag.owner, told=_told_by_dag(dag))


def _told_by_dag(dag: Dag) -> dict[str, Any]:
    """Return the arguments of a DAG that also apply to the DAG's tasks."""
    given = dag.told.get("default_args") or {}
    return {**{name: value for name, value in given.items() if name in TASK_ARGUMENTS}, "params": dag.params}


def told_of_task(task: Task[..., Any]) -> Mapping[str, Any]:
    """Return the Airflow arguments of a task; empty if unknown."""
    hooks = (*hooks_of(task, "running"), *hooks_of(task, "failure"), *hooks_of(task, "completion"))
    return carried((task.fn, task.name, *hooks))


def _owner(task: Task[..., Any]) -> str | None:
    return told_of_task(task).get("owner") or owner_in_description(task.description)


def _doc_md(task: Task[..., Any], told: Mapping[str, Any]) -> str | None:
    """Return the task's `doc_md`; without any `doc*` argument, the docstring, as in Airflow."""
    if any(told.get(name) for name in ("doc", "doc_md", "doc_json", "doc_yaml", "doc_rst")):
        return told.get("doc_md")
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
    """Return a task run, or a flow run, as a task instance.

    Args:
        run: The Prefect run.
        state: The run's state.
        task: The run's task.
        run_id: The flow run's Airflow id; empty outside a flow.
        airflow_state: Airflow's state, if it differs from `state`: `up_for_retry`.
        try_number: Defaults to `run_count`.
        map_index: The run's position in the call of `map`, or a function that finds this position.
        dag_run: The flow run as a DAG run.
        services: Functions that look up further data on first use.
    """
    return TaskInstance(
        task_id=task.task_id,
        dag_id=task.dag_id,
        run_id=run_id,
        try_number=max(run.run_count, 1) if try_number is None else try_number,
        max_tries=task.retries,
        state=airflow_state or state_name(state),
        start_date=_plain(run.start_time),
        end_date=_end(run, state),
        numbered=map_index,
        hostname=socket.gethostname(),
        task=task,
        dag_run=dag_run,
        services=services,
    )


def known_task_instances(
    flow_run_id: UUID, *, dag_id: str, run_id: str, states: Iterable[str] | None
) -> list[TaskInstance]:
    """Return the task instances of a flow run that the server knows."""
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


def _end(run: TaskRun | FlowRun, state: State[Any] | None) -> datetime | None:
    return _plain(run.end_time or (state.timestamp if state and state.is_final() else None))


def _plain(moment: datetime | None) -> datetime | None:
    return None if moment is None else plain(moment)
