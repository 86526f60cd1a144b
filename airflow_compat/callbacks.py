"""Airflow callbacks on Prefect flows and tasks: `@on_failure(my_callback)` above `@flow` or `@task`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ._airflow.callback import Callback, callback_name, check_callbacks
from .context import context_for_flow, context_for_task
from .errors import InvalidCallbackError

if TYPE_CHECKING:
    from prefect import Flow, Task
    from prefect.client.schemas.objects import FlowRun, State, TaskRun
    from prefect.flows import FlowStateHook
    from prefect.tasks import StateHookCallable

    Runnable = TypeVar("Runnable", bound=Flow[..., Any] | Task[..., Any])

__all__ = ["on_failure"]

H = TypeVar("H", bound=Callable[..., Any])


def on_failure(*callbacks: Callback | list[Callback]) -> Callable[[Runnable], Runnable]:
    """Call Airflow's `on_failure_callback` when a flow or task fails for good, after its last try.

    The callback gets one argument, the context (see `airflow_compat.context`). What it raises is logged by Prefect and
    changes nothing; the callbacks after it still run. On a flow, a timeout and a crash count as failures too, as in
    Airflow. Prefect's own way is `@flow(on_failure=[hook])`, with a hook that takes `(flow, flow_run, state)`.

    Args:
        callbacks: One or more callables, or lists of them; plain or async.

    Returns:
        A decorator that gives back the very flow or task that it is put above.

    Raises:
        InvalidCallbackError: A callback can't be called with one argument, or this was put on something that is not
            a flow or task.

    Example:
        ```python
        from prefect import flow

        from airflow_compat import on_failure


        def alert(context):
            print(f"{context['ti'].task_id} failed: {context['exception']}")


        @on_failure(alert)
        @flow
        def etl(): ...
        ```
    """
    checked = check_callbacks("on_failure", callbacks)

    def attach(target: Runnable) -> Runnable:
        from prefect import Flow, Task

        if isinstance(target, Flow):
            for callback in checked:
                hook = _flow_hook(callback)
                target.on_failure(hook)
                target.on_crashed(hook)
        elif isinstance(target, Task):
            for callback in checked:
                target.on_failure(_task_hook(callback))
        else:
            raise InvalidCallbackError(
                f"on_failure was put on {callback_name(target)}, which is neither a flow nor a task: "
                "write @on_failure(...) above @flow or @task, not below"
            )
        return target

    return attach


# Prefect calls hooks by position in the run's process and by keyword in a worker's, so these names are its own.
def _flow_hook(callback: Callback) -> FlowStateHook[..., Any]:
    if _is_async(callback):

        async def async_hook(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
            await callback(context_for_flow(flow, flow_run, state))

        return _named(async_hook, callback)

    def hook(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
        callback(context_for_flow(flow, flow_run, state))

    return _named(hook, callback)


def _task_hook(callback: Callback) -> StateHookCallable:
    if _is_async(callback):

        async def async_hook(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> None:
            await callback(context_for_task(task, task_run, state))

        return _named(async_hook, callback)

    def hook(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> None:
        callback(context_for_task(task, task_run, state))

    return _named(hook, callback)


def _is_async(callback: Callback) -> bool:
    return inspect.iscoroutinefunction(callback) or inspect.iscoroutinefunction(type(callback).__call__)


def _named(hook: H, callback: Callback) -> H:
    """Prefect logs a hook by its name: the callback's own says more."""
    hook.__name__ = callback_name(callback)
    return hook
