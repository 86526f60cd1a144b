"""Runs of DAG files, and what the server shows of them."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.flow_engine import run_flow
from prefect.states import Scheduled

from airflow_compat.dags import load_flow

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun, State, TaskRun


def write(folder: Path, name: str, source: str) -> Path:
    """Write a DAG file."""
    path = folder / f"{name}.py"
    path.write_text(textwrap.dedent(source))
    return path


def run(entrypoint: object, *, version: str = "3", isolation: str = "thread", **parameters: Any) -> State[Any]:
    """Run the flow of a DAG once, and return its state."""
    flow = load_flow(str(entrypoint), airflow_version=version, isolation=isolation)  # type: ignore[arg-type]
    state: State[Any] = flow(return_state=True, **parameters)
    return state


def retry(entrypoint: object, flow_run_id: UUID, *, version: str = "3", **options: Any) -> State[Any]:
    """Do what `prefect flow-run retry --entrypoint` does."""
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(flow_run_id, Scheduled(), force=True)
        flow_run = client.read_flow_run(flow_run_id)
    flow = load_flow(str(entrypoint), airflow_version=version).with_options(**options)  # type: ignore[arg-type]
    return run_flow(flow, flow_run=flow_run, parameters=dict(flow_run.parameters), return_type="state")  # type: ignore[return-value]


def states_of(result: Any) -> dict[str, str]:
    """The states of a run's task instances by their names."""
    return {each.name: each.state for each in result.task_instances}


def flow_run_of(state: State[Any]) -> FlowRun:
    with get_client(sync_client=True) as client:
        return client.read_flow_run(state.state_details.flow_run_id)


def task_runs(flow_run_id: UUID, until: Callable[[list[TaskRun]], bool], within: float = 240) -> list[TaskRun]:
    """The task runs that the server shows, once they are as a condition says: it records them late."""
    wanted = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
    deadline = time.monotonic() + within
    with get_client(sync_client=True) as client:
        while not until(found := client.read_task_runs(flow_run_filter=wanted)):
            assert time.monotonic() < deadline, [(run.name, run.state_name) for run in found]
            time.sleep(0.1)
    return found


def all_ended(number: int) -> Callable[[list[TaskRun]], bool]:
    return lambda runs: len(runs) >= number and all(run.state and run.state.is_final() for run in runs)
