"""Airflow callbacks on Prefect flows and tasks: `@on_failure(my_callback)` above `@flow` or `@task`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ._airflow.callback import KINDS, Callback, Kind, callback_name, check_callbacks
from ._airflow.version import DEFAULT_VERSION, AirflowVersion
from .errors import InvalidCallbackError

if TYPE_CHECKING:
    from prefect import Flow, Task

    from ._callbacks.deployed import run_callback

    Runnable = TypeVar("Runnable", bound=Flow[..., Any] | Task[..., Any])
    AnyTask = TypeVar("AnyTask", bound=Task[..., Any])

__all__ = ["on_execute", "on_failure", "on_retry", "on_skipped", "on_success", "run_callback", "state_hook"]


def __getattr__(name: str) -> Any:
    # A flow needs Prefect, which is imported when somebody wants one.
    if name == "run_callback":
        from ._callbacks.deployed import run_callback

        return run_callback
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def on_failure(
    *callbacks: Callback | list[Callback], airflow_version: AirflowVersion = DEFAULT_VERSION
) -> Callable[[Runnable], Runnable]:
    """Call Airflow's `on_failure_callback` when a flow or task fails for good, after its last try.

    The callback gets one argument, the context (see `airflow_compat.context`). What it raises is logged by Prefect and
    changes nothing; the callbacks after it still run. Prefect's own way is `@flow(on_failure=[hook])`, with a hook that
    takes `(flow, flow_run, state)`.

    A task's is also called when its process is told to end while it is in the task. On a flow, a timeout and a crash
    count as failures too, as in Airflow; it is called once for each, whichever processes see it: the call is recorded
    on the server as a task run of the flow run.

    Args:
        callbacks: One or more callables, or lists of them; plain or async.
        airflow_version: Whose context it is to be.

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
    return _decorator("on_failure", callbacks, airflow_version)


def on_success(
    *callbacks: Callback | list[Callback], airflow_version: AirflowVersion = DEFAULT_VERSION
) -> Callable[[Runnable], Runnable]:
    """Call Airflow's `on_success_callback` when a flow or task has succeeded.

    A skipped task has not; Airflow 2 calls it then too. A result from Prefect's cache is a success. The native way is
    `@task(on_completion=[hook])`.

    Args:
        callbacks: See `on_failure`.
        airflow_version: Whose context and rules.

    Raises:
        InvalidCallbackError: See `on_failure`.
    """
    return _decorator("on_success", callbacks, airflow_version)


def on_retry(
    *callbacks: Callback | list[Callback], airflow_version: AirflowVersion = DEFAULT_VERSION
) -> Callable[[Runnable], Runnable]:
    """Call Airflow's `on_retry_callback` when a try has failed and another one follows.

    A task's is called before the delay, a flow's after it, since that is when Prefect tells. The native way is a
    `retry_condition_fn`, or a hook for `on_running`.

    Args:
        callbacks: See `on_failure`.
        airflow_version: Whose context it is to be.

    Raises:
        InvalidCallbackError: See `on_failure`.
    """
    return _decorator("on_retry", callbacks, airflow_version)


def on_execute(
    *callbacks: Callback | list[Callback], airflow_version: AirflowVersion = DEFAULT_VERSION
) -> Callable[[Runnable], Runnable]:
    """Call Airflow's `on_execute_callback` at the beginning of each try.

    The native way is `@task(on_running=[hook])`.

    Args:
        callbacks: See `on_failure`.
        airflow_version: Whose context it is to be.

    Raises:
        InvalidCallbackError: See `on_failure`.
    """
    return _decorator("on_execute", callbacks, airflow_version)


def on_skipped(
    *callbacks: Callback | list[Callback], airflow_version: AirflowVersion = DEFAULT_VERSION
) -> Callable[[AnyTask], AnyTask]:
    """Call Airflow's `on_skipped_callback` when a task has raised `AirflowSkipException`.

    Args:
        callbacks: See `on_failure`.
        airflow_version: Whose context it is to be.

    Raises:
        InvalidCallbackError: See `on_failure`; also for a flow, since only tasks are skipped.
    """
    return _decorator("on_skipped", callbacks, airflow_version)


def state_hook(
    callback: Callback, kind: Kind = "on_failure", *, airflow_version: AirflowVersion = DEFAULT_VERSION
) -> Callable[..., Any]:
    """A Prefect hook that calls the callback: `@flow(on_failure=[state_hook(alert)], on_crashed=[state_hook(alert)])`.

    For a flow or a task. `on_failure` goes into Prefect's `on_failure` and a flow's `on_crashed`, `on_success` and
    `on_skipped` into `on_completion`, `on_execute` and a flow's `on_retry` into `on_running`. For the same hook in both
    lists of a flow, make it once. Airflow's exceptions keep their meaning only under our decorators.

    Args:
        callback: A callable that takes a context; plain or async.
        kind: The event that it is for.
        airflow_version: Whose context it is to be.

    Raises:
        InvalidCallbackError: The callback can't be called with one argument, or there is no such event.
    """
    from ._callbacks.hooks import any_hook

    if kind not in KINDS:
        raise InvalidCallbackError(f"state_hook: there is no event {kind!r}; write one of {', '.join(KINDS)}")
    (checked,) = check_callbacks(kind, [callback])
    return any_hook(checked, kind, airflow_version)


def _decorator(kind: Kind, callbacks: tuple[Any, ...], version: AirflowVersion) -> Callable[[Any], Any]:
    checked = check_callbacks(kind, callbacks)

    def attach(target: Any) -> Any:
        from prefect import Flow, Task

        from ._callbacks.attach import attach_to_flow, attach_to_task

        if isinstance(target, Flow):
            attach_to_flow(target, kind, checked, version)
        elif isinstance(target, Task):
            attach_to_task(target, kind, checked, version)
        else:
            raise InvalidCallbackError(
                f"{kind} was put on {callback_name(target)}, which is neither a flow nor a task: "
                f"write @{kind}(...) above @flow or @task, not below"
            )
        return target

    return attach
