"""Airflow's metrics of flow runs, from Prefect's hooks; and the tasks that are measured with them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._airflow.metric_names import normal_name
from .._prefect.run_dates import run_dates
from ..errors import AirflowCompatError
from .beginnings import Beginnings
from .of_tasks import first_starts, instrument_task
from .sample import Sample
from .stats import emit, is_connected
from .tasks_of import tasks_of

if TYPE_CHECKING:
    from datetime import datetime

    from prefect import Flow, Task
    from prefect.client.schemas.objects import FlowRun, State

_MARK = "__airflow_compat_metrics__"

_beginnings: Beginnings[datetime] = Beginnings()


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


# Prefect calls a hook by position or by these names, from whichever process sees the run's end.
def _flow_began(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    # What is defined below a flow is there only when it runs.
    for task in tasks_of(flow):
        instrument_task(task)
    if not is_connected() or flow_run.id in _beginnings:
        return
    _beginnings.begin(flow_run.id, state.timestamp)
    tags = _flow_tags(flow, flow_run)
    if tags.get("run_type") == "scheduled" and flow_run.expected_start_time and not flow_run.run_count:
        first_starts.watch(flow_run.id)
        # Airflow gives this one no run type.
        delay = _after(flow_run.expected_start_time, state.timestamp)
        emit(Sample("timing", "dagrun.schedule_delay", delay, {"dag_id": tags["dag_id"]}))


def _flow_ended(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    if not is_connected():
        return
    # It may be that another process ran it.
    began = _beginnings.taken(flow_run.id) or flow_run.start_time
    tags = _flow_tags(flow, flow_run)
    if began:
        end = "success" if state.is_completed() else "failed"
        emit(Sample("timing", f"dagrun.duration.{end}", _after(began, state.timestamp), tags))
    first = first_starts.taken(flow_run.id)
    if first and flow_run.expected_start_time:
        delay = _after(flow_run.expected_start_time, first)
        emit(Sample("timing", "dagrun.first_task_scheduling_delay", delay, tags))


setattr(_flow_began, _MARK, True)


def _after(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds() * 1000


def _flow_tags(flow: Flow[..., Any], flow_run: FlowRun) -> dict[str, str]:
    tags = {"dag_id": normal_name(flow.name)}
    try:
        tags["run_type"] = run_dates(flow_run, airflow_version="3").run_type
    except AirflowCompatError:
        # A label is wrong, which the run's own context tells whoever asks for its dates.
        return tags
    return tags
