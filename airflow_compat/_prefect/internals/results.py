"""Undocumented behaviour of result storages, of contexts of runs, and of functions that are both sync and async."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from prefect.results import ResultStore, get_default_result_storage
from prefect.task_runners import ThreadPoolTaskRunner

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.context import FlowRunContext, TaskRunContext

R = TypeVar("R")


def in_sync(function: Callable[..., R], *args: Any, **kwargs: Any) -> R:
    """Call a function of Prefect synchronously, even if an event loop runs.

    Prefect: these functions return a coroutine if an event loop runs, unless the argument `_sync=True` asks for a sync
        call. Methods of blocks and result storages accept `_sync` too.
    Since: before 3.7.0.
    If this behaviour changes: call the function in a thread without an event loop.
    """
    return function(*args, **kwargs, _sync=True)


def storage_of_flow(flow: Flow[..., Any] | None) -> Any:
    """Return the result storage of a flow's runs; without a flow, the default one.

    Prefect: outside a run, `ResultStore().update_for_flow(flow)` resolves `flow.result_storage`, which is a block or a
        block's name; if it is not set, the default of the settings or the server applies.
    Since: before 3.7.0.
    If this behaviour changes: XComs of ended processes can't be read. Resolve the storage as the flow engine does.
    """
    storage = None
    if flow is not None:
        empty: Any = ResultStore()
        storage = in_sync(empty.update_for_flow, flow).result_storage
    return storage or in_sync(get_default_result_storage)


def storage_of_run(context: FlowRunContext) -> Any:
    """Return the result storage of this flow run; None until the engine has resolved it.

    Prefect: the engine resolves the storage at the start of the run, and sets `context.result_store.result_storage`.
    Since: before 3.7.0.
    If this behaviour changes: use `storage_of_flow(context.flow)`, although that function sends more requests.
    """
    return context.result_store.result_storage


def persists_results(context: FlowRunContext | TaskRunContext | None) -> bool:
    """Return True if this run's results are written to the storage.

    Prefect: the engine sets the context's `persist_result` from the task, the flow, the settings and the parent run.
    Since: before 3.7.0.
    If this behaviour changes: XComs may be missing after a restart. Resolve the setting as the engine
        does.
    """
    return bool(context and context.persist_result)


def flow_persists_results(flow: Flow[..., Any]) -> bool:
    """Return True if the flow was made with `persist_result=True`.

    Prefect: the flow keeps the argument `persist_result` in an attribute of the same name.
    Since: before 3.7.0.
    If this behaviour changes: the doctor no longer reports a storage that only one machine can read. Read the attribute
        that replaces `persist_result`.
    """
    return bool(flow.persist_result)


def is_in_other_process(context: FlowRunContext) -> bool:
    """Return True if a task runner has sent this flow run's context to another process.

    Prefect: `detached` is True in a context that was rebuilt in another process.
    Since: before 3.7.0.
    If this behaviour changes: compare this process id with the process id at the flow run's start.
    """
    return context.detached


def runs_in_threads(context: FlowRunContext) -> bool:
    """Return True if the tasks of this flow run share this process.

    Prefect: if tasks run in threads, the context's `task_runner` is a `ThreadPoolTaskRunner` or a subclass; otherwise
        it has another class.
    Since: before 3.7.0.
    If this behaviour changes: treat all tasks like tasks of other processes, and write all XComs to the storage.
    """
    return isinstance(context.task_runner, ThreadPoolTaskRunner)


def value_of(data: object) -> object:
    """Return the value in a state's `data`.

    Prefect: in the run's process, a state's `data` is the value or exception itself, or a `ResultRecord` whose `result`
        is the value or exception.
    Since: before 3.7.0.
    If this behaviour changes: callbacks get an exception rebuilt from the state's message.
    """
    return getattr(data, "result", data)
