"""Deployments of DAG files, and a thread that executes their runs, as a worker does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from dag_runs import write
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.flow_engine import run_flow

from airflow_compat import dags
from airflow_compat.dags._flow import DagFlow


def flow_in(
    folder: Path, name: str, source: str, /, *, isolation: Literal["thread", "process"] = "thread", **values: str
) -> DagFlow:
    """Write a DAG file in a folder of its own, and load its only flow."""
    (folder / name).mkdir()
    flows = dags.load_flows(write(folder / name, name, source.format(**values)), isolation=isolation)
    (flow,) = flows.values()
    return flow


def run_deployed(client: SyncPrefectClient, flow: DagFlow, date: datetime) -> Any:
    """Run a flow's new deployment for a logical date in this thread, and return the result."""
    flow_run = client.create_flow_run_from_deployment(
        deploy(client, flow), labels={"airflow-compat.logical-date": date.isoformat()}
    )
    return _result(flow, flow_run)


def _result(flow: DagFlow, flow_run: FlowRun) -> Any:
    parameters = dict(flow_run.parameters)
    state: Any = run_flow(flow, flow_run=flow_run, parameters=parameters, return_type="state")
    return state.result(raise_on_failure=False).result if state.is_failed() else state.result()


def deploy(client: SyncPrefectClient, flow: DagFlow) -> Any:
    schema = flow.parameters.model_dump()
    return client.create_deployment(client.create_flow(flow), "prod", parameter_openapi_schema=schema)


@contextmanager
def executing(client: SyncPrefectClient, flow: DagFlow) -> Iterator[None]:
    """Execute the runs of a flow's new deployment during the block."""
    deployment_id, end = deploy(client, flow), threading.Event()
    wanted = {"deployment_id": {"any_": [str(deployment_id)]}, "state": {"type": {"any_": ["SCHEDULED"]}}}

    def work() -> None:
        with get_client(sync_client=True) as own:
            while not end.wait(0.2):
                for found in own.request("POST", "/flow_runs/filter", json={"flow_runs": wanted}).json():
                    flow_run = FlowRun.model_validate(found)
                    _result(flow, flow_run)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        end.set()
        worker.join()
