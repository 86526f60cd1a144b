"""The context of a task run."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from .._airflow.data_interval import RunDates
from ..errors import UnsupportedFeatureError
from .common import common_values
from .mapping import Context
from .services import RunServices
from .version_keys import Values

if TYPE_CHECKING:
    from prefect import Task
    from prefect.client.schemas.objects import State, TaskRun

    from .._airflow.run_objects import DagRun, TaskInstance
    from .._airflow.version import AirflowVersion


def context_for_task(
    task: Task[..., Any],
    task_run: TaskRun,
    state: State[Any],
    version: AirflowVersion,
    *,
    airflow_state: str = "",
    has_exception: bool = True,
) -> Context:
    """The context of a task run.

    Args:
        task: The task.
        task_run: Its run.
        state: The state that the context is about.
        version: The Airflow to be faithful to.
        airflow_state: `ti.state`, where the state doesn't tell.
        has_exception: Whether there is a key `exception`, as in the callbacks at a task's end.
    """
    from .._prefect.runs import exception_of

    context = Context(lambda: _values(context, task, task_run, state, airflow_state), version)
    if has_exception:
        context["exception"] = exception_of(state)
    return context


def _values(context: Context, task: Task[..., Any], task_run: TaskRun, state: State[Any], airflow_state: str) -> Values:
    version = context.airflow_version
    from .._prefect import map_indexes, runs
    from .._prefect.moments import in_pendulum
    from .._prefect.run_dates import run_dates

    flow = cache(lambda: runs.flow_of(task_run))

    @cache
    def dates() -> RunDates:
        flow_run = flow()[1]
        if flow_run is not None:
            return run_dates(flow_run, airflow_version=version)
        moment = in_pendulum(task_run.expected_start_time or state.timestamp)
        return RunDates("manual", moment, moment, moment, moment)

    def dag_run() -> DagRun:
        name, flow_run = flow()
        if flow_run is None:
            raise UnsupportedFeatureError(
                f"task {task.name!r} ran outside a flow, so there is no dag_run and no run_id; call it in a flow"
            )
        services = RunServices(flow_run, flow_run, name, context["run_id"], version)
        return runs.dag_run(name, flow_run, dates(), state=None, version=version, services=services)

    def task_instance() -> TaskInstance:
        name, flow_run = flow()
        run_id = context["run_id"] if flow_run else ""
        return runs.task_instance(
            task_run,
            state,
            task=context["task"],
            run_id=run_id,
            airflow_state=airflow_state,
            map_index=lambda: map_indexes.index_of(task_run, task),
            dag_run=context["dag_run"] if flow_run else None,
            services=RunServices(task_run, flow_run, name, run_id, version),
        )

    def params() -> dict[str, Any]:
        flow_run = flow()[1]
        return dict(flow_run.parameters) if flow_run else {}

    values = {
        **common_values(context, dates, lambda: flow()[1], version),
        "task_instance": task_instance,
        "dag_run": dag_run,
        "dag": lambda: runs.dag(*flow()),
        "task": lambda: runs.airflow_task(task, flow()[0]),
        "params": params,
    }
    # Outside a flow it can't be told, as the flow run can't.
    return values if task_run.flow_run_id else {**values, "run_id": dag_run}
