"""Runs that are cancelled: by SIGTERM to their process, and on the server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from child_processes import end
from dag_runs import retry, task_runs, write
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import ObjectNotFound

_SCRIPT = Path(__file__).parents[1] / "killed_dag.py"

_SLOW = """
    import threading
    from pathlib import Path
    from airflow.sdk import DAG, task, BaseOperator

    FOLDER = Path("{folder}")
    killed = threading.Event()

    class Slow(BaseOperator):
        def execute(self, context):
            (FOLDER / "runs").touch()
            if not (FOLDER / "on_kill").exists():
                killed.wait(240)

        def on_kill(self):
            (FOLDER / "on_kill").touch()
            killed.set()
"""
_DAG = f"""{_SLOW}
    with DAG("{{dag_id}}", schedule=None, max_active_tasks=1) as dag:
        @task
        def opens(): ...

        @task
        def closes():
            (FOLDER / "closed").touch()

        @task
        def after():
            (FOLDER / "after").touch()

        @task
        def other(): ...

        opened = opens().as_setup()
        opened >> Slow(task_id="slow", weight_rule="absolute", priority_weight=9) >> after() >> closes().as_teardown(
            setups=opened
        )
        opened >> other()
"""


_SERVE = """
from airflow_compat import dags

if __name__ == "__main__":
    dags.load_flow("{path}", isolation="process").serve("here")
"""

_STATES = {"opens": "Completed", "slow": "Failed", "after": "Skipped", "other": "Skipped", "closes": "Completed"}


def test_sigterm_kills_tasks_and_runs_teardowns(unique: str, tmp_path: Path) -> None:
    path = write(tmp_path, "cancelled", _DAG.format(folder=tmp_path, dag_id=unique))
    command = [sys.executable, str(_SCRIPT), str(path), str(tmp_path / "id")]
    process = subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    _wait_for(lambda: (tmp_path / "runs").exists() or process.poll() is not None)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=240)
    _check(tmp_path, UUID((tmp_path / "id").read_text()), output)
    with get_client(sync_client=True) as client:
        assert client.read_flow_run(UUID((tmp_path / "id").read_text())).state.is_crashed()


def test_a_retry_continues_a_run_that_got_sigterm(unique: str, tmp_path: Path) -> None:
    path = write(tmp_path, "cancelled", _DAG.format(folder=tmp_path, dag_id=unique))
    command = [sys.executable, str(_SCRIPT), str(path), str(tmp_path / "id")]
    process = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _wait_for(lambda: (tmp_path / "runs").exists() or process.poll() is not None)
    end(process, signal.SIGTERM)
    state = retry(path, UUID((tmp_path / "id").read_text()))
    assert {each.name: (each.state, each.try_number) for each in state.result().task_instances} == {
        "opens": ("success", 2),
        "slow": ("success", 2),
        "after": ("success", 1),
        "other": ("success", 1),
        "closes": ("success", 2),
    }


def test_a_recorded_success_survives_sigterm(unique: str, tmp_path: Path) -> None:
    dag = f"""{_SLOW}
    def told(context):
        (FOLDER / "told").touch()
        killed.wait(240)

    with DAG("{{dag_id}}", schedule=None):
        @task(on_success_callback=told)
        def quick():
            with (FOLDER / "effects").open("a") as file:
                file.write("quick ")

        quick()
        Slow(task_id="slow")
    """
    path = write(tmp_path, "cancelled", dag.format(folder=tmp_path, dag_id=unique))
    command = [sys.executable, str(_SCRIPT), str(path), str(tmp_path / "id")]
    process = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _wait_for(lambda: {"told", "runs"} <= {each.name for each in tmp_path.iterdir()} or process.poll() is not None)
    end(process, signal.SIGTERM)
    state = retry(path, UUID((tmp_path / "id").read_text()))
    assert {each.name: (each.state, each.try_number) for each in state.result().task_instances} == {
        "quick": ("success", 1),
        "slow": ("success", 2),
    }
    assert (tmp_path / "effects").read_text() == "quick "


def test_a_served_run_is_cancelled(unique: str, tmp_path: Path) -> None:
    path = write(tmp_path, "cancelled", _DAG.format(folder=tmp_path, dag_id=unique))
    (tmp_path / "serve.py").write_text(_SERVE.format(path=path))
    with (tmp_path / "output").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, str(tmp_path / "serve.py")], env=os.environ, stdout=output, stderr=output
        )
    try:
        with get_client(sync_client=True) as client:
            _wait_for(lambda: _has_deployment(client, unique) or process.poll() is not None)
            deployment = client.read_deployment_by_name(f"{unique}/here")
            flow_run = client.create_flow_run_from_deployment(deployment.id)
            _wait_for(lambda: (tmp_path / "runs").exists() or client.read_flow_run(flow_run.id).state.is_final())
            client.set_flow_run_state(flow_run.id, State(type=StateType.CANCELLING))
            _wait_for(lambda: client.read_flow_run(flow_run.id).state.is_final())  # noqa: PLW0108 - it changes
            state = client.read_flow_run(flow_run.id).state
    finally:
        end(process)
    assert state.is_cancelled()
    _check(tmp_path, flow_run.id, (tmp_path / "output").read_text())


def _has_deployment(client: SyncPrefectClient, dag_id: str) -> bool:
    with suppress(ObjectNotFound):
        client.read_deployment_by_name(f"{dag_id}/here")
        return True
    return False


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _check(folder: Path, flow_run_id: UUID, output: str) -> None:
    assert (folder / "on_kill").exists(), output
    assert (folder / "closed").exists(), output
    assert not (folder / "after").exists()
    shown = task_runs(flow_run_id, lambda runs: {run.name for run in runs if run.state.is_final()} == _STATES.keys())
    assert {each.name: each.state_name for each in shown} == _STATES
