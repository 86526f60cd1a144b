"""The server calls a callback once for a run whose process died, with and without a worker."""

from __future__ import annotations

import inspect
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import recorded_callbacks
from child_processes import end
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.deployments import run_deployment
from prefect.deployments.runner import EntrypointType
from prefect.exceptions import ObjectNotFound
from recorded_callbacks import page

from airflow_compat import automations
from airflow_compat.callbacks import run_callback

FOLDER = Path(__file__).parents[1]


@pytest.fixture
def callbacks(unique: str) -> Iterator[str]:
    """A deployment that calls callbacks, and a worker for it; the pool has the test's name."""
    with deployed(unique, run_callback, entrypoint_type=EntrypointType.MODULE_PATH) as name:
        yield name


@contextmanager
def deployed(name: str, callbacks_flow: Any, **options: Any) -> Iterator[str]:
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=name, type="process"))
    # Where callbacks are imported from.
    job_variables = {"working_dir": str(FOLDER), "env": {"PYTHONPATH": str(FOLDER)}}
    callbacks_flow.to_deployment(name, work_pool_name=name, job_variables=job_variables, **options).apply()
    with running("-m", "prefect", "worker", "start", "--pool", name):
        yield f"run-callback/{name}"
    automations.delete(owner=name)


def deployed_by_its_file(name: str) -> AbstractContextManager[str]:
    file = Path(str(inspect.getsourcefile(run_callback.fn)))
    return deployed(name, flow.from_source(str(file.parent), f"{file.name}:run_callback"))


def served_by_its_file(name: str) -> AbstractContextManager[str]:
    return served(name, EntrypointType.FILE_PATH)


def served_by_its_module(name: str) -> AbstractContextManager[str]:
    return served(name, EntrypointType.MODULE_PATH)


@contextmanager
def served(name: str, entrypoint_type: EntrypointType) -> Iterator[str]:
    with (
        running(str(FOLDER / "serve_callbacks.py"), name, entrypoint_type.name),
        get_client(sync_client=True) as client,
    ):
        until = time.monotonic() + 240
        while True:
            try:
                client.read_deployment_by_name(f"run-callback/{name}")
                break
            except ObjectNotFound:
                assert time.monotonic() < until
                time.sleep(0.2)
        yield f"run-callback/{name}"
    automations.delete(owner=name)


@contextmanager
def running(*command: str) -> Iterator[None]:
    """Run a process that executes runs, until the block ends."""
    environment = {**os.environ, "PREFECT_WORKER_QUERY_SECONDS": "0.5", "PREFECT_RUNNER_POLL_FREQUENCY": "1"}
    with subprocess.Popen(
        [sys.executable, *command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield
        finally:
            end(process)


def called(deployment: str, runs: int) -> list[FlowRun]:
    """Return a deployment's runs once this number has ended in any state."""
    until = time.monotonic() + 240
    flow_name, _, name = deployment.partition("/")
    body = {"deployments": {"name": {"any_": [name]}}, "flows": {"name": {"any_": [flow_name]}}}
    while True:
        with get_client(sync_client=True) as client:
            answer = client.request("POST", "/flow_runs/filter", json=body).json()
        found = [FlowRun.model_validate(run) for run in answer]
        if len(found) >= runs and all(run.state and run.state.is_final() for run in found):
            return found
        assert time.monotonic() < until, [(run.name, run.state_name) for run in found]
        time.sleep(0.2)


def deploy(name: str, flow_name: str) -> str:
    deployed = flow.from_source(str(FOLDER), f"killed_flow.py:{flow_name}")
    deployed.deploy(name, work_pool_name=name, print_next_steps=False, ignore_warnings=True)
    return f"{flow_name.replace('_', '-')}/{name}"


@pytest.mark.parametrize("flow_name", ["killed", "unhooked"])
def test_a_run_that_is_killed_under_a_worker(flow_name: str, callbacks: str, unique: str, tmp_path: Path) -> None:
    record = str(tmp_path / "record")
    deployment = deploy(unique, flow_name)
    alert = automations.on_failure(deployment=deployment, callback=page, callback_deployment=callbacks)
    assert all(outcome.done for outcome in automations.apply([alert], owner=unique))
    run = run_deployment(deployment, parameters={"record": record}, timeout=120)
    assert run.state_name == "Crashed"
    (told,) = called(callbacks, 1)
    assert told.state_type is StateType.COMPLETED, told.state
    (call,) = recorded_callbacks.read(record)
    assert (call["task_id"], call["reason"]) == ("load", "task_failure")
    with get_client(sync_client=True) as client:
        assert client.read_task_run(UUID(call["log_url"].rpartition("/")[2])).flow_run_id == run.id


@pytest.mark.parametrize("run_by", [served_by_its_file, served_by_its_module, deployed_by_its_file])
def test_an_alert_calls_the_callback_however_the_flow_is_deployed(
    run_by: Callable[[str], AbstractContextManager[str]], unique: str, tmp_path: Path
) -> None:
    record, flow_name = str(tmp_path / "record"), f"{unique}-etl"

    @flow(name=flow_name)
    def etl(record: str) -> None:
        raise ValueError("no rows")

    with run_by(unique) as deployment:
        alert = automations.on_failure(flow_name, callback=page, callback_deployment=deployment)
        assert all(outcome.done for outcome in automations.apply([alert], owner=unique))
        etl(record, return_state=True)
        (told,) = called(deployment, 1)
    assert told.state_type is StateType.COMPLETED, told.state
    (call,) = recorded_callbacks.read(record)
    assert (call["dag_id"], call["exception"]) == (flow_name, "<rebuilt ValueError: no rows>")


def test_killed_run_without_a_worker(callbacks: str, unique: str, tmp_path: Path) -> None:
    record, name = str(tmp_path / "record"), f"{unique}-zombie"
    alerts = [
        automations.on_zombie(name, within=timedelta(seconds=10)),
        automations.on_failure(name, callback=page, callback_deployment=callbacks),
    ]
    assert all(outcome.done for outcome in automations.apply(alerts, owner=unique))
    # Its first heartbeat comes at once, and the next would later than ten seconds after.
    environment = {**os.environ, "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}
    command = [sys.executable, FOLDER / "killed_flow.py", "killed", record, "killed", name]
    killed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    (told,) = called(callbacks, 1)
    assert told.state_type is StateType.COMPLETED, told.state
    (call,) = recorded_callbacks.read(record)
    assert (call["dag_id"], call["task_id"], call["reason"]) == (name, "load", "task_failure")
    with get_client(sync_client=True) as client:
        assert client.read_flow_run(UUID(killed.stdout.split()[0])).state_name == "Crashed"


def test_the_alerts_of_a_dag(callbacks: str, unique: str, tmp_path: Path) -> None:
    """A terminated task calls its own callback; for a killed task, the server calls it."""
    deployment = deploy(unique, "killed_in_hooked_task")
    dag_args = {"default_args": {"on_failure_callback": page}}
    alerts = automations.from_dag_args(dag_args, deployment=deployment, in_process=True, callback_deployment=callbacks)
    assert all(outcome.done for outcome in automations.apply(alerts, owner=unique))
    for number, way in enumerate(("terminated", "killed"), start=1):
        record = str(tmp_path / way)
        assert (
            run_deployment(deployment, parameters={"record": record, "way": way}, timeout=120).state_name == "Crashed"
        )
        told = called(callbacks, number)
        assert {run.state_name for run in told} == {"Completed"}
        (call,) = recorded_callbacks.read(record)
        assert (call["task_id"], call["reason"]) == ("load", None)
