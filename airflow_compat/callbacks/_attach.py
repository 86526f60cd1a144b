"""Puts callbacks on a flow or a task, the object itself. Lists are replaced, since Prefect shares them with copies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._airflow.callback import Callback, Kind
from .._airflow.version import AirflowVersion
from ..errors import InvalidCallbackError
from .hooks import flow_hook, is_for, task_hook
from .ported_task import port
from .retry_condition import RetryCondition

if TYPE_CHECKING:
    from prefect import Flow, Task


def attach_to_task(task: Task[..., Any], kind: Kind, callbacks: Iterable[Callback], version: AirflowVersion) -> None:
    """Have the callbacks called for the task's runs."""
    port(task)
    if kind == "on_retry":
        condition = RetryCondition.of(task)
        for callback in callbacks:
            condition = condition.with_callback(callback, version)
        task.retry_condition_fn = condition.function()
        return
    hooks = [task_hook(callback, kind, version) for callback in callbacks]
    if kind == "on_failure":
        task.on_failure_hooks = [*task.on_failure_hooks, *hooks]
    elif kind == "on_execute":
        task.on_running_hooks = [*task.on_running_hooks, *hooks]
    elif kind == "on_success":
        task.on_completion_hooks = [*task.on_completion_hooks, *hooks]
    else:
        # Airflow 2 calls on_success for a skip too, and after on_skipped.
        there = task.on_completion_hooks
        place = next((place for place, hook in enumerate(there) if is_for(hook, "on_success")), len(there))
        task.on_completion_hooks = [*there[:place], *hooks, *there[place:]]


def attach_to_flow(flow: Flow[..., Any], kind: Kind, callbacks: Iterable[Callback], version: AirflowVersion) -> None:
    """Have the callbacks called for the flow's runs.

    Raises:
        InvalidCallbackError: A flow has no such event.
    """
    if kind == "on_skipped":
        raise InvalidCallbackError(
            f"on_skipped was put on the flow {flow.name!r}, and only tasks are skipped: write it above @task"
        )
    hooks = [flow_hook(callback, kind, version) for callback in callbacks]
    if kind == "on_failure":
        flow.on_failure_hooks = [*flow.on_failure_hooks, *hooks]
        flow.on_crashed_hooks = [*flow.on_crashed_hooks, *hooks]
    elif kind == "on_success":
        flow.on_completion_hooks = [*flow.on_completion_hooks, *hooks]
    else:
        flow.on_running_hooks = [*flow.on_running_hooks, *hooks]
