"""Prefect's state hooks that call an Airflow callback with a context.

Prefect calls hooks by position in the run's process and by keyword in a worker's, so their parameters have its names.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from prefect import Flow
from prefect.context import FlowRunContext

from .._airflow.callback import Callback, Kind, callback_name, is_async
from .._context.of_flow import FlowEvent
from .._context.of_task import context_for_task
from .._context.shared import shared
from .._prefect.claims import claimed
from .._prefect.logs import logger_of
from ..errors import InvalidCallbackError
from .results import finish, finish_async

if TYPE_CHECKING:
    from prefect import Task
    from prefect.client.schemas.objects import FlowRun, State, TaskRun

    from .._airflow.version import AirflowVersion
    from .._context.mapping import Context

    H = TypeVar("H", bound=Callable[..., Any])

_MARK, _KIND = "__airflow_compat__", "__airflow_compat_kind__"
_SKIPPED = "Skipped"


def is_ours(hook: object) -> bool:
    """Whether it calls an Airflow callback."""
    return hasattr(hook, _MARK)


def is_for(hook: object, kind: Kind) -> bool:
    """Whether it calls an Airflow callback for that event."""
    return is_ours(hook) and getattr(hook, _KIND, None) == kind


def task_hook(callback: Callback, kind: Kind, version: AirflowVersion) -> Callable[..., Any]:
    """The hook of a task."""

    def context(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> Context | None:
        return _task_context(kind, version, task, task_run, state)

    if is_async(callback):

        async def async_hook(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> None:
            if (found := context(task, task_run, state)) is not None:
                await finish_async(callback(found))

        return _named(async_hook, callback, kind, object())

    def hook(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> None:
        if (found := context(task, task_run, state)) is not None:
            finish(callback(found))

    return _named(hook, callback, kind, object())


def flow_hook(
    callback: Callback, kind: Kind, version: AirflowVersion, mark: object | None = None
) -> Callable[..., Any]:
    """The hook of a flow. A failure is claimed on the server, since several processes may call the hook for it.

    Args:
        callback: What it calls.
        kind: The event.
        version: The Airflow to be faithful to.
        mark: What tells the hook from others in the flow's lists, where another one is there in its place.
    """
    mark = mark or object()

    @contextmanager
    def called(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> Iterator[Context | None]:
        event = shared(flow_run, version, (kind, state.id), lambda: _flow_event(kind, version, flow, flow_run, state))
        if event is None or kind != "on_failure":
            yield event.context if event else None
            return
        name, place = callback_name(callback), _place(mark, flow, callback_name(callback))
        with claimed(flow_run.id, kind, place, name, logger_of(flow_run)) as is_to_call:
            yield event.context if is_to_call else None

    if is_async(callback):

        async def async_hook(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
            with called(flow, flow_run, state) as context:
                if context is not None:
                    await finish_async(callback(context))

        return _named(async_hook, callback, kind, mark)

    def hook(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
        with called(flow, flow_run, state) as context:
            if context is not None:
                finish(callback(context))

    return _named(hook, callback, kind, mark)


def any_hook(callback: Callback, kind: Kind, version: AirflowVersion) -> Callable[..., Any]:
    """A hook for a flow or a task, whichever it is then given to."""
    mark = object()
    for_flow, for_task = flow_hook(callback, kind, version, mark), task_hook(callback, kind, version)

    def hook(flow: Any, flow_run: Any, state: State[Any]) -> Any:
        if isinstance(flow, Flow):
            return for_flow(flow, flow_run, state)
        if kind == "on_retry":
            raise InvalidCallbackError(
                f"state_hook({callback_name(callback)}, 'on_retry') is a task's, and Prefect has no hook there: "
                "put @on_retry(...) above @task"
            )
        return for_task(flow, flow_run, state)

    return _named(hook, callback, kind, mark)


def _task_context(
    kind: Kind, version: AirflowVersion, task: Task[..., Any], task_run: TaskRun, state: State[Any]
) -> Context | None:
    """The context, or None where the state isn't the event."""
    skipped = state.name == _SKIPPED
    if kind == "on_skipped" and not skipped:
        return None
    # Airflow 2 also calls on_success for a task that was skipped.
    if kind == "on_success" and skipped and version == "3":
        return None
    ends_well = kind in ("on_success", "on_skipped")
    has_exception = kind == "on_failure" or (ends_well and version == "3")
    has_begun = kind != "on_execute"
    return context_for_task(task, task_run, state, version, has_exception=has_exception, has_begun=has_begun)


def _flow_event(
    kind: Kind, version: AirflowVersion, flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]
) -> FlowEvent | None:
    """The event, or None where the state isn't it."""
    event = FlowEvent(flow, flow_run, state, version)
    if kind == "on_success":
        event.reason = "success"
    elif kind == "on_failure":
        event.reason = "timed_out" if state.name == "TimedOut" else "task_failure"
        event.has_exception = True
    elif kind == "on_execute":
        # Prefect counts a try after its hooks were called.
        event.try_number = flow_run.run_count + 1
    else:
        # A further try begins in the context of the one before it.
        before = FlowRunContext.get()
        if not (before and before.flow_run and before.flow_run.id == flow_run.id):
            return None
        event.airflow_state = "up_for_retry"
        event.try_number = max(flow_run.run_count, 1)
        event.raised, event.has_exception = sys.exc_info()[1], True
    return event


def _place(mark: object, flow: Flow[..., Any], name: str) -> int:
    """Which of the flow's callbacks of its name this is, which is the same in all processes and for all states."""
    hooks = [*flow.on_failure_hooks, *flow.on_crashed_hooks]
    marks = list(dict.fromkeys(getattr(hook, _MARK) for hook in hooks if is_ours(hook) and hook.__name__ == name))
    return marks.index(mark) if mark in marks else len(marks)


def _named(hook: H, callback: Callback, kind: Kind, mark: object) -> H:
    """Prefect logs a hook by its name: the callback's own says more."""
    hook.__name__ = callback_name(callback)
    hook.__doc__ = f"Calls the {kind} callback {callback_name(callback)}."
    setattr(hook, _MARK, mark)
    setattr(hook, _KIND, kind)
    return hook
