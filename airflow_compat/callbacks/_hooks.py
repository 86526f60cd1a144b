"""Creates Prefect state hooks that call an Airflow callback with a context."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from prefect import Flow

from .._airflow.callback import Callback, Kind, callback_name, is_async
from .._prefect.claims import claimed
from .._prefect.internals.engine import exception_of_try_before, is_further_try, number_of_try_that_begins
from .._prefect.internals.hooks import hooks_of, name_hook
from .._prefect.internals.names import STATES
from .._prefect.run_logger import logger_of
from ..context._flow_run import FlowEvent
from ..context._shared import shared
from ..context._task_run import context_for_task
from ..errors import InvalidCallbackError
from ._results import finish, finish_async

if TYPE_CHECKING:
    from prefect import Task
    from prefect.client.schemas.objects import FlowRun, State, TaskRun

    from .._airflow.version import AirflowVersion
    from ..context._lazy_dict import Context

    H = TypeVar("H", bound=Callable[..., Any])

_MARK, _KIND, _CALLBACK = "__airflow_compat__", "__airflow_compat_kind__", "__airflow_compat_callback__"
_SKIPPED = "Skipped"


def is_ours(hook: object) -> bool:
    return hasattr(hook, _MARK)


def is_for(hook: object, kind: Kind) -> bool:
    return is_ours(hook) and getattr(hook, _KIND, None) == kind


def callback_of(hook: object) -> Callback | None:
    found: Callback | None = getattr(hook, _CALLBACK, None)
    return found


def task_hook(callback: Callback, kind: Kind, version: AirflowVersion) -> Callable[..., Any]:

    def called(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> AbstractContextManager[Context | None]:
        return nullcontext(_task_context(kind, version, task, task_run, state))

    return _hook(callback, kind, object(), called)


def flow_hook(
    callback: Callback, kind: Kind, version: AirflowVersion, mark: object | None = None
) -> Callable[..., Any]:
    """Return a hook for a flow. After a failure, it first asks the server whether another process has handled it.

    If another hook calls this one, `mark` identifies the outer hook in the flow's lists of hooks.
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

    return _hook(callback, kind, mark, called)


def _hook(
    callback: Callback, kind: Kind, mark: object, called: Callable[..., AbstractContextManager[Context | None]]
) -> Callable[..., Any]:
    # Prefect may pass the arguments of a hook by position or by name.
    if is_async(callback):

        async def async_hook(*args: Any, **kwargs: Any) -> None:
            with called(*args, **kwargs) as context:
                if context is not None:
                    await finish_async(callback(context))

        return _named(async_hook, callback, kind, mark)

    def hook(*args: Any, **kwargs: Any) -> None:
        with called(*args, **kwargs) as context:
            if context is not None:
                finish(callback(context))

    return _named(hook, callback, kind, mark)


def any_hook(callback: Callback, kind: Kind, version: AirflowVersion) -> Callable[..., Any]:
    mark = object()
    for_flow, for_task = flow_hook(callback, kind, version, mark), task_hook(callback, kind, version)

    def hook(flow: Any, flow_run: Any, state: State[Any]) -> Any:
        if isinstance(flow, Flow):
            return for_flow(flow, flow_run, state)
        if kind == "on_retry":
            raise InvalidCallbackError(
                f"state_hook({callback_name(callback)}, 'on_retry') was put on a task, but Prefect has no retry hook "
                "for tasks. Put @on_retry(...) above @task."
            )
        return for_task(flow, flow_run, state)

    return _named(hook, callback, kind, mark)


def _task_context(
    kind: Kind, version: AirflowVersion, task: Task[..., Any], task_run: TaskRun, state: State[Any]
) -> Context | None:
    skipped = state.name == _SKIPPED
    if kind == "on_skipped" and not skipped:
        return None
    # For a skipped task, Airflow 2 also calls `on_success_callback`.
    if kind == "on_success" and skipped and version == "3":
        return None
    return context_for_task(
        task,
        task_run,
        state,
        version,
        has_exception=kind == "on_failure" or (kind in ("on_success", "on_skipped") and version == "3"),
        has_begun=kind != "on_execute",
    )


def _flow_event(
    kind: Kind, version: AirflowVersion, flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]
) -> FlowEvent | None:
    event = FlowEvent(flow, flow_run, state, version)
    if kind == "on_success":
        event.reason = "success"
    elif kind == "on_failure":
        event.reason = "timed_out" if state.name == STATES.timed_out else "task_failure"
        event.has_exception = True
    elif kind == "on_execute":
        event.try_number = number_of_try_that_begins(flow_run)
    else:
        if not is_further_try(flow_run):
            return None
        event.airflow_state = "up_for_retry"
        event.try_number = max(flow_run.run_count, 1)
        event.raised, event.has_exception = exception_of_try_before(), True
    return event


def _place(mark: object, flow: Flow[..., Any], name: str) -> int:
    """Return the hook's position among the flow's hooks with the same name.

    The position is the same in all processes.
    """
    hooks = [*hooks_of(flow, "failure"), *hooks_of(flow, "crashed")]
    marks = list(dict.fromkeys(getattr(hook, _MARK) for hook in hooks if is_ours(hook) and hook.__name__ == name))
    return marks.index(mark) if mark in marks else len(marks)


def _named(hook: H, callback: Callback, kind: Kind, mark: object) -> H:
    """Name the hook after its callback, because Prefect logs the hook's name."""
    name_hook(hook, callback_name(callback))
    hook.__doc__ = f"Calls the {kind} callback {callback_name(callback)}."
    setattr(hook, _MARK, mark)
    setattr(hook, _KIND, kind)
    setattr(hook, _CALLBACK, callback)
    return hook
