"""A worker runs the flows for operators from the files that `dags deploy-config --operations` writes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from child_processes import end
from dag_runs import write
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import State
from prefect.deployments import run_deployment

from airflow_compat.cli._app import run
from airflow_compat.dags import runs

_SCRIPT = Path(__file__).parents[1] / "killed_dag.py"
_DAG = """
    import time
    from pathlib import Path
    from airflow.sdk import DAG, task

    FOLDER = Path("{folder}")

    def note(line):
        with (FOLDER / "seen").open("a") as file:
            file.write(line + "\\n")

    with DAG("{dag_id}", schedule=None, on_failure_callback=lambda context: note(context["reason"])):
        @task
        def quick():
            note("quick")

        @task
        def slow():
            note("slow")
            time.sleep(600)

        @task
        def after():
            note("after")

        quick() >> slow() >> after()
"""
_HANDLER = "handle-lost-dag-runs/handle-lost-dag-runs"


@pytest.mark.timeout(280)
def test_a_worker_fails_a_lost_run(unique: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dags").mkdir()
    path = write(tmp_path / "dags", "lost", _DAG.format(folder=tmp_path, dag_id=unique))
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=unique, type="process"))
        assert run(["dags", "deploy-config", "dags", "--work-pool", unique, "--operations"]) == 0
        with _deployed(client):
            lost = run_deployment(f"{unique}/{unique}", timeout=0).id
            _kill_during_the_second_task(path, lost)
            assert client.read_flow_run(lost).state_name == "Running"

            # The deployment waits half an hour before it gives up a run.
            handler = run_deployment(_HANDLER, timeout=0, parameters={"older_than": 0}).id
            with _worker(unique, tmp_path) as is_alive:
                _wait_for(client, handler, is_alive, State.is_completed)
                _wait_for(client, lost, is_alive, State.is_failed)

    assert (tmp_path / "seen").read_text().split() == ["quick", "slow", "task_failure"]
    states = {each.task_id: each.state for each in runs.task_instances(lost)}
    assert states == {"quick": "success", "slow": "failed", "after": "upstream_failed"}


@contextmanager
def _deployed(client: SyncPrefectClient) -> Iterator[None]:
    """Deploy the files. In the end, delete the deployment that has a schedule."""
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    deployment = client.read_deployment_by_name(_HANDLER)
    assert [str(each.schedule.cron) for each in deployment.schedules] == ["*/5 * * * *"]
    try:
        yield
    finally:
        client.delete_deployment(deployment.id)


def _kill_during_the_second_task(path: Path, flow_run_id: UUID) -> None:
    folder = path.parents[1]
    command = [sys.executable, str(_SCRIPT), str(path), str(folder / "id"), str(flow_run_id)]
    process = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not ((folder / "seen").exists() and "slow" in (folder / "seen").read_text()):
            assert process.poll() is None
            time.sleep(0.05)
    finally:
        end(process, signal.SIGKILL)


@contextmanager
def _worker(pool: str, folder: Path) -> Iterator[Callable[[], bool]]:
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", pool]
    environment = {**os.environ, "PREFECT_WORKER_QUERY_SECONDS": "0.5"}
    with (folder / "worker.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield lambda: process.poll() is None
        finally:
            end(process)


def _wait_for(
    client: SyncPrefectClient, flow_run_id: UUID, is_alive: Callable[[], bool], is_done: Callable[[State], bool]
) -> None:
    while not is_done(state := client.read_flow_run(flow_run_id).state):
        assert is_alive(), Path("worker.log").read_text()
        assert not state.is_final(), Path("worker.log").read_text()
        time.sleep(0.1)
