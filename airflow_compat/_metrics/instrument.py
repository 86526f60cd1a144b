"""Airflow's metrics of flow runs and task runs, from Prefect's hooks."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect import Flow, Task
from prefect.context import FlowRunContext

from .._airflow.metric_names import normal_name
from .._prefect.run_dates import run_dates
from .._prefect.runs import flow_of, state_name
from ..errors import AirflowCompatError
from .sample import Sample
from .stats import emit, is_connected
from .tasks_of import tasks_of

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun, State, TaskRun

# What Airflow calls the operator of every `@task`.
_DECORATED = "_PythonDecoratedOperator"
_MARK = "__airflow_compat_metrics__"
# A run that dies leaves its beginning behind.
_MOST_BEGINNINGS = 10_000

# By a run's id, on `time.perf_counter`.
_beginnings: dict[UUID, float] = {}
_dag_ids: dict[UUID, str] = {}


def instrument_flow(flow: Flow[..., Any], tasks: Iterable[Task[..., Any]]) -> None:
    """Have the flow's runs measured, and those of its tasks: these, and when it runs, those that its code names."""
    for task in tasks:
        instrument_task(task)
    if any(getattr(hook, _MARK, False) for hook in flow.on_running_hooks):
        return
    flow.on_running_hooks = [*flow.on_running_hooks, _flow_began]
    flow.on_completion_hooks = [*flow.on_completion_hooks, _flow_ended]
    flow.on_failure_hooks = [*flow.on_failure_hooks, _flow_ended]
    flow.on_crashed_hooks = [*flow.on_crashed_hooks, _flow_ended]
    flow.on_cancellation_hooks = [*flow.on_cancellation_hooks, _flow_ended]


def instrument_task(task: Task[..., Any]) -> None:
    """Have the task's runs measured."""
    if any(getattr(hook, _MARK, False) for hook in task.on_running_hooks):
        return
    task.on_running_hooks = [*task.on_running_hooks, _task_began]
    task.on_completion_hooks = [*task.on_completion_hooks, _task_ended]
    task.on_failure_hooks = [*task.on_failure_hooks, _task_ended]
    task.retry_condition_fn = _retry_condition(task.retry_condition_fn)


# Prefect calls a hook by position or by these names, from whichever process sees the run's end.
def _flow_began(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    # What is defined below a flow is there only when it runs.
    for task in tasks_of(flow):
        instrument_task(task)
    if not is_connected() or flow_run.id in _beginnings:
        return
    _begin(flow_run.id)
    tags = _flow_tags(flow, flow_run)
    if tags.get("run_type") == "scheduled" and flow_run.expected_start_time and not flow_run.run_count:
        delay = (state.timestamp - flow_run.expected_start_time).total_seconds() * 1000
        emit(Sample("timing", "dagrun.schedule_delay", delay, tags))


def _flow_ended(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    if not is_connected():
        return
    milliseconds = _milliseconds(flow_run.id)
    if milliseconds is None and flow_run.start_time:
        # Another process ran it.
        milliseconds = (state.timestamp - flow_run.start_time).total_seconds() * 1000
    if milliseconds is not None:
        end = "success" if state.is_completed() else "failed"
        emit(Sample("timing", f"dagrun.duration.{end}", milliseconds, _flow_tags(flow, flow_run)))


def _task_began(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> None:  # noqa: ARG001
    if is_connected():
        _begin(task_run.id)
        emit(Sample("counter", "ti.start", 1, _task_tags(task, task_run)))


def _task_ended(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> None:
    if is_connected():
        _emit_end(task, task_run, state_name(state))


for _hook in (_flow_began, _task_began):
    setattr(_hook, _MARK, True)


def _retry_condition(condition: Callable[..., Any] | None) -> Callable[..., Any]:
    """The task's own condition; a try that failed and is followed by another is known nowhere else."""
    # Prefect awaits one only where it is a coroutine function.
    if condition is not None and inspect.iscoroutinefunction(condition):

        async def awaited(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:
            again = bool(await condition(task, task_run, state))
            _tried(task, task_run, again=again)
            return again

        return awaited

    def called(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> Any:
        again = True if condition is None else condition(task, task_run, state)
        if not inspect.isawaitable(again):
            _tried(task, task_run, again=bool(again))
        return again

    return called


def _tried(task: Task[..., Any], task_run: TaskRun, *, again: bool) -> None:
    if again and is_connected():
        _emit_end(task, task_run, "up_for_retry")


def _emit_end(task: Task[..., Any], task_run: TaskRun, state: str) -> None:
    tags = _task_tags(task, task_run)
    milliseconds = _milliseconds(task_run.id)
    emit(Sample("counter", "ti.finish", 1, {**tags, "state": state}))
    # Of a skipped one Airflow 3 sends nothing more, and no duration either.
    if state == "skipped":
        return
    if milliseconds is not None:
        emit(Sample("timing", "task.duration", milliseconds, tags))
    end = "successes" if state == "success" else "failures"
    operator = _DECORATED if type(task) is Task else type(task).__name__
    emit(Sample("counter", f"operator_{end}", 1, {**tags, "operator_name": operator}))
    emit(Sample("counter", f"ti_{end}", 1, tags))


def _begin(run_id: UUID) -> None:
    if len(_beginnings) >= _MOST_BEGINNINGS:
        _beginnings.pop(next(iter(_beginnings)), None)
    _beginnings[run_id] = time.perf_counter()


def _milliseconds(run_id: UUID) -> float | None:
    began = _beginnings.pop(run_id, None)
    return None if began is None else 1000 * (time.perf_counter() - began)


def _flow_tags(flow: Flow[..., Any], flow_run: FlowRun) -> dict[str, str]:
    tags = {"dag_id": normal_name(flow.name)}
    try:
        tags["run_type"] = run_dates(flow_run, airflow_version="3").run_type
    except AirflowCompatError:
        # A label is wrong, which the run's own context tells whoever asks for its dates.
        return tags
    return tags


def _task_tags(task: Task[..., Any], task_run: TaskRun) -> dict[str, str]:
    dag_id = _dag_id(task_run)
    tags = {"dag_id": dag_id} if dag_id else {}
    return {**tags, "task_id": normal_name(task.name)}


def _dag_id(task_run: TaskRun) -> str:
    """The name of the task run's flow; empty outside a flow, or where the server can't say."""
    context = FlowRunContext.get()
    if context and context.flow and context.flow_run and context.flow_run.id == task_run.flow_run_id:
        return normal_name(context.flow.name)
    if task_run.flow_run_id is None:
        return ""
    if task_run.flow_run_id not in _dag_ids:
        if len(_dag_ids) >= _MOST_BEGINNINGS:
            _dag_ids.clear()
        try:
            _dag_ids[task_run.flow_run_id] = normal_name(flow_of(task_run)[0])
        except AirflowCompatError:
            return ""
    return _dag_ids[task_run.flow_run_id]
