"""Calls Airflow callbacks for Prefect flows and tasks: put `@on_failure(my_callback)` above `@flow` or `@task`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from .._airflow.callback import KINDS, Kind, callback_name, check_callbacks
from .._airflow.version import DEFAULT_VERSION, AirflowVersion, check_version
from ..context._lazy_dict import ContextCallback
from ..errors import InvalidCallbackError

if TYPE_CHECKING:
    from prefect import Flow, Task

    from ._alert_flow import run_callback

    Runnable = TypeVar("Runnable", bound=Flow[..., Any] | Task[..., Any])
    AnyTask = TypeVar("AnyTask", bound=Task[..., Any])

__all__ = ["on_execute", "on_failure", "on_retry", "on_skipped", "on_success", "run_callback", "state_hook"]


def __getattr__(name: str) -> Any:
    # Prefect is slow to import, so import the flow only on first use.
    if name == "run_callback":
        from ._alert_flow import run_callback

        return run_callback
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def on_failure(
    *callbacks: ContextCallback | list[ContextCallback], airflow_version: AirflowVersion = DEFAULT_VERSION
) -> Callable[[Runnable], Runnable]:
    """Call Airflow's `on_failure_callback` when a flow or task fails after its last try.

    The callback receives one argument: the context (see `airflow_compat.context`). If a callback raises an exception,
    Prefect logs it and calls the next callback. Prefect's own way is `@flow(on_failure=[hook])` with a hook that takes
    `(flow, flow_run, state)`.

    A task's callback is also called if a signal ends the task's process. A flow's callback is also called for timeouts
    and crashes. A record of the call on the server ensures that each failure causes only one call.

    Args:
        callbacks: Callables or lists of callables, plain or async.
        airflow_version: The Airflow version of the context that the callback receives.

    Returns:
        A decorator, which returns the flow or task that it receives.

    Raises:
        InvalidCallbackError: A callback doesn't accept one argument, or the decorated object is not a flow or task.

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
    *callbacks: ContextCallback | list[ContextCallback], airflow_version: AirflowVersion = DEFAULT_VERSION
) -> Callable[[Runnable], Runnable]:
    """Call Airflow's `on_success_callback` when a flow or task succeeds.

    A task whose result comes from Prefect's cache counts as a success. A skipped task counts as a success only in
    Airflow 2. Prefect's own way is `@task(on_completion=[hook])`.

    Args:
        callbacks: See `on_failure`.
        airflow_version: The Airflow version of the context that the callback receives.

    Raises:
        InvalidCallbackError: See `on_failure`.
    """
    return _decorator("on_success", callbacks, airflow_version)


def on_retry(
    *callbacks: ContextCallback | list[ContextCallback], airflow_version: AirflowVersion = DEFAULT_VERSION
) -> Callable[[Runnable], Runnable]:
    """Call Airflow's `on_retry_callback` when a try fails and another try follows.

    A task's callback is called before the retry delay, a flow's callback after it. Prefect's own way is a
    `retry_condition_fn`, or a hook for `on_running`.

    Args:
        callbacks: See `on_failure`.
        airflow_version: The Airflow version of the context that the callback receives.

    Raises:
        InvalidCallbackError: See `on_failure`.
    """
    return _decorator("on_retry", callbacks, airflow_version)


def on_execute(
    *callbacks: ContextCallback | list[ContextCallback], airflow_version: AirflowVersion = DEFAULT_VERSION
) -> Callable[[Runnable], Runnable]:
    """Call Airflow's `on_execute_callback` at the start of each try.

    Prefect's own way is `@task(on_running=[hook])`.

    Args:
        callbacks: See `on_failure`.
        airflow_version: The Airflow version of the context that the callback receives.

    Raises:
        InvalidCallbackError: See `on_failure`.
    """
    return _decorator("on_execute", callbacks, airflow_version)


def on_skipped(
    *callbacks: ContextCallback | list[ContextCallback], airflow_version: AirflowVersion = DEFAULT_VERSION
) -> Callable[[AnyTask], AnyTask]:
    """Call Airflow's `on_skipped_callback` when a task raises `AirflowSkipException`.

    Args:
        callbacks: See `on_failure`.
        airflow_version: The Airflow version of the context that the callback receives.

    Raises:
        InvalidCallbackError: See `on_failure`. This error is also raised for a flow, because only tasks are skipped.
    """
    return _decorator("on_skipped", callbacks, airflow_version)


def state_hook(
    callback: ContextCallback, kind: Kind = "on_failure", *, airflow_version: AirflowVersion = DEFAULT_VERSION
) -> Callable[..., Any]:
    """Return a Prefect hook that calls an Airflow callback: `@flow(on_failure=[state_hook(alert)])`.

    The hook works on flows and tasks. The `kind` of a hook determines the option of `@flow` or `@task` that the hook
    belongs in:

    - `on_failure`: the option `on_failure`. For a flow, put the same hook object also into the option `on_crashed`.
    - `on_success` and `on_skipped`: the option `on_completion`.
    - `on_execute`, and a flow's `on_retry`: the option `on_running`.

    Airflow's exceptions, such as `AirflowSkipException`, only work in a task with a decorator of `airflow_compat`.

    Args:
        callback: A callable that takes a context; plain or async.
        kind: The event at which the callback is called, such as `on_failure`.
        airflow_version: The Airflow version of the context that the callback receives.

    Raises:
        InvalidCallbackError: The callback doesn't accept one argument, or `kind` is unknown.
    """
    from ._hooks import any_hook

    if kind not in KINDS:
        raise InvalidCallbackError(f"state_hook: Unknown event {kind!r}. Use one of: {', '.join(KINDS)}.")
    (checked,) = check_callbacks(kind, [callback])
    check_version(airflow_version)
    return any_hook(checked, kind, airflow_version)


def _decorator(kind: Kind, callbacks: tuple[Any, ...], version: AirflowVersion) -> Callable[[Any], Any]:
    check_version(version)
    checked = check_callbacks(kind, callbacks)

    def attach(target: Any) -> Any:
        from prefect import Flow, Task

        from ._attach import attach_to_flow, attach_to_task

        if isinstance(target, Flow):
            attach_to_flow(target, kind, checked, version)
        elif isinstance(target, Task):
            attach_to_task(target, kind, checked, version)
        else:
            raise InvalidCallbackError(
                f"@{kind} was put on {callback_name(target)}, which is neither a flow nor a task. Put @{kind}(...) "
                "above @flow or @task."
            )
        return target

    return attach
