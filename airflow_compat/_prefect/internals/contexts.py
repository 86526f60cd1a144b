"""Undocumented behaviour of the contexts of runs, which are sent to other processes of a run."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from prefect import Task
from prefect.context import FlowRunContext, TaskRunContext, hydrated_context

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.orchestration import SyncPrefectClient


def context_data(context: FlowRunContext | TaskRunContext) -> dict[str, Any]:
    """Return what another process needs to make the context of a run. The data can be pickled, and contains secrets.

    Prefect: `serialize` returns the arguments of the context that the engine has set. The flow or task and the
        parameters may be of any class, so they are left out. The result store keeps its block objects: if it held the
        blocks as plain dicts, Prefect would import all packages of blocks to find their classes.
    Since: before 3.7.0.
    If this behaviour changes: tasks in child processes have no active run, so they send no logs and no XComs. Find the
        attributes that `hydrated_context` needs.
    """
    data = context.serialize()
    store = context.result_store
    data["result_store"] = {name: getattr(store, name) for name in data["result_store"]}
    return {name: value for name, value in data.items() if name not in ("flow", "task", "parameters")}


def flow_run_of_data(
    data: dict[str, Any], flow: Flow[..., Any], client: SyncPrefectClient
) -> AbstractContextManager[None]:
    """Return a context manager that activates the context of a flow run whose data another process has sent.

    Prefect: `hydrated_context` makes the context of a flow run that is `detached`, with the result storage of the run.
    Since: before 3.7.0.
    If this behaviour changes: see `context_data`.
    """
    return hydrated_context({"flow_run_context": {**data, "flow": flow, "parameters": {}}}, client)


def task_run_of_data(data: dict[str, Any], name: str, client: SyncPrefectClient) -> AbstractContextManager[None]:
    """Return a context manager that activates the context of a task run whose data another process has sent.

    Prefect: `hydrated_context` makes the context of a task run. The loggers of runs read the task's name from this
        context.
    Since: before 3.7.0.
    If this behaviour changes: see `context_data`.
    """
    context = FlowRunContext.get()
    assert context is not None
    own = {"task": Task(lambda: None, name=name), "parameters": {}, "result_store": context.result_store}
    return hydrated_context({"task_run_context": {**data, **own}}, client)
