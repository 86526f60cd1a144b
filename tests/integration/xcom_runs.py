"""Shared helpers of XCom tests: addresses of a task and of another process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext, TaskRunContext

from airflow_compat.xcom import TaskInstanceAddress, pull, push
from airflow_compat.xcom import _storage as xcom_store

if TYPE_CHECKING:
    from prefect.filesystems import LocalFileSystem


def here(task_id: str = "", map_index: int = -1) -> TaskInstanceAddress:
    """The address from the running task's context."""
    flow_context, task_context = FlowRunContext.get(), TaskRunContext.get()
    assert flow_context
    name = task_context.task.name if task_context else flow_context.flow.name
    return TaskInstanceAddress(flow_context.flow_run.id, flow_context.flow.name, task_id or name, map_index)


def xcom_push(key: str, value: Any) -> None:
    push(here(), key, value)


def xcom_pull(task_ids: Any = None, **arguments: Any) -> Any:
    return pull(here(), task_ids, **arguments)


def storage() -> LocalFileSystem:
    return FlowRunContext.get().result_store.result_storage


def elsewhere(run: UUID, dag_id: str = "etl", flow: Any = None) -> TaskInstanceAddress:
    """The address of a callback in a worker's process: without memory and context."""
    with xcom_store._lock:
        xcom_store._runs.clear()
        xcom_store._storages.clear()
    return TaskInstanceAddress(run, dag_id, "alert", flow=flow)


def until_the_server_has(run: UUID, number: int) -> None:
    """Wait until the server has recorded the ends of the flow run's tasks."""
    body = {"flow_runs": {"id": {"any_": [str(run)]}}}
    until = time.monotonic() + 240
    with get_client(sync_client=True) as client:
        while time.monotonic() < until:
            found = client.request("POST", "/task_runs/filter", json=body).json()
            if len([one for one in found if one["state_type"] in ("COMPLETED", "FAILED")]) == number:
                return
            time.sleep(0.05)
    raise AssertionError(f"the server has {len(found)} task runs")
