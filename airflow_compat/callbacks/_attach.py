"""Attaches callbacks to a flow or task by changing this object."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .._airflow.callback import Callback, Kind
from .._airflow.version import AirflowVersion
from .._prefect.internals.engine import replace_retry_condition
from .._prefect.internals.hooks import Event, hooks_of, set_hooks
from ..errors import InvalidCallbackError
from ._hooks import flow_hook, is_for, task_hook
from ._ported_task import port
from ._retry_condition import RetryCondition

if TYPE_CHECKING:
    from prefect import Flow, Task


_TASK_EVENTS: dict[Kind, Event] = {
    "on_execute": "running",
    "on_failure": "failure",
    "on_skipped": "completion",
    "on_success": "completion",
}
_FLOW_EVENTS: dict[Kind, tuple[Event, ...]] = {
    "on_execute": ("running",),
    "on_failure": ("failure", "crashed"),
    "on_retry": ("running",),
    "on_success": ("completion",),
}


def attach_to_task(task: Task[..., Any], kind: Kind, callbacks: Iterable[Callback], version: AirflowVersion) -> None:
    port(task)
    if kind == "on_retry":
        condition = RetryCondition.of(task)
        added = ((callback, version) for callback in callbacks)
        replace_retry_condition(task, replace(condition, callbacks=(*condition.callbacks, *added)).function())
        return
    hooks = [task_hook(callback, kind, version) for callback in callbacks]
    event = _TASK_EVENTS[kind]
    there = hooks_of(task, event)
    # For a skipped task, Airflow 2 calls `on_skipped_callback` and then also `on_success_callback`.
    place = next(
        (place for place, hook in enumerate(there) if kind == "on_skipped" and is_for(hook, "on_success")),
        len(there),
    )
    set_hooks(task, event, [*there[:place], *hooks, *there[place:]])


def attach_to_flow(flow: Flow[..., Any], kind: Kind, callbacks: Iterable[Callback], version: AirflowVersion) -> None:
    """Attach callbacks. Raises InvalidCallbackError for `on_skipped`, because flows are never skipped."""
    if kind == "on_skipped":
        raise InvalidCallbackError(
            f"@on_skipped was put on the flow {flow.name!r}, but only tasks are skipped. Put @on_skipped above @task."
        )
    hooks = [flow_hook(callback, kind, version) for callback in callbacks]
    for event in _FLOW_EVENTS[kind]:
        set_hooks(flow, event, [*hooks_of(flow, event), *hooks])
