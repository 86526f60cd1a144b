"""Runs whose process is gone: the doctor names them, and they can be restarted or failed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextvars import copy_context
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from child_processes import end
from dag_runs import retry, states_of, write
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.events import emit_event
from prefect.states import Crashed, Pending, Running

from airflow_compat._prefect.processes import PID, labels_of_process
from airflow_compat.cli._app import run as run_command
from airflow_compat.dags import runs
from airflow_compat.dags._requests import pending_requests
from airflow_compat.doctor._server_runs import crashed_dag_runs, lost_runs

if TYPE_CHECKING:
    from uuid import UUID

    from prefect import State

    from airflow_compat.doctor._server_runs import LostRun

pytestmark = pytest.mark.usefixtures("prefect_server")

_SCRIPT = Path(__file__).parents[1] / "killed_dag.py"
_DAG = """
    import time
    from pathlib import Path
    from airflow.sdk import DAG, task

    FOLDER = Path("{folder}")

    def note(line):
        with (FOLDER / "seen").open("a") as file:
            file.write(line + "\\n")

    with DAG(
        "{dag_id}", schedule=None,
        on_success_callback=lambda context: note("dag success"),
        on_failure_callback=lambda context: note(f"dag failure {{context['reason']}}"),
    ):
        @task
        def quick():
            note("quick")

        @task(retries=2)
        def slow(ti=None):
            note("slow")
            (FOLDER / "try").write_text(f"{{ti.try_number}}/{{ti.max_tries}}")
            while not (FOLDER / "go").exists():
                time.sleep(0.05)

        @task
        def after():
            note("after")

        quick() >> slow() >> after()
"""


def _deployed_run(name: str) -> UUID:
    @flow(name=name)
    def etl() -> None: ...

    deployment_id = etl.to_deployment("prod").apply()
    with get_client(sync_client=True) as client:
        return client.create_flow_run_from_deployment(deployment_id).id  # type: ignore[arg-type]


def _lost(id_: UUID, **how: object) -> list[runs.LostDagRun]:
    # The server of the tests may have lost runs of other tests.
    return [each for each in runs.lost(**how) if each.flow_run_id == id_]  # type: ignore[arg-type]


def _tries(id_: UUID) -> dict[str, tuple[str | None, int]]:
    return {each.name: (each.state, each.try_number) for each in runs.task_instances(id_)}


class _Killed:
    """A run of a DAG whose process was killed during its second task."""

    def __init__(self, folder: Path, dag_id: str, id_: UUID) -> None:
        self.folder, self.id = folder, id_
        self.path = write(folder, "lost", _DAG.format(folder=folder, dag_id=dag_id))
        command = [sys.executable, str(_SCRIPT), str(self.path), str(folder / "id"), str(self.id)]
        self.process = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def seen(self) -> list[str]:
        file = self.folder / "seen"
        return file.read_text().splitlines() if file.exists() else []

    def wait_for_the_second_task(self) -> None:
        while "slow" not in self.seen():
            assert self.process.poll() is None
            time.sleep(0.05)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(240)


@pytest.fixture
def killed(unique: str, tmp_path: Path) -> Iterator[_Killed]:
    found = _Killed(tmp_path, unique, _deployed_run(unique))
    yield found
    end(found.process)


def test_a_run_that_nobody_restarts_fails_with_one_callback(
    killed: _Killed, unique: str, capfd: pytest.CaptureFixture[str]
) -> None:
    killed.wait_for_the_second_task()
    assert _lost(killed.id) == []
    killed.kill()

    assert run_command(["doctor", "--json"]) == 1
    found = [check["found"] for check in json.loads(capfd.readouterr().out)["checks"] if unique in check["found"]]
    assert [f"its process {killed.process.pid} on this machine is gone" in text for text in found] == [True]
    assert _lost(killed.id, older_than=timedelta(hours=1), action="fail") == []
    [lost] = _lost(killed.id)
    assert (lost.dag_id, lost.is_scheduled) == (unique, False)
    assert str(killed.id) not in runs.handle_lost_runs(older_than=60)
    assert str(killed.id) in runs.handle_lost_runs(older_than=0)
    assert killed.seen() == ["quick", "slow"]
    before = {"quick": ("success", 1), "slow": ("running", 1), "after": (None, 0)}
    while _tries(killed.id) != before:
        # The server stores task runs late.
        time.sleep(0.05)

    # A worker would do this.
    state = retry(killed.path, killed.id)
    error = state.result(raise_on_failure=False)
    assert (state.name, killed.seen()) == ("Failed", ["quick", "slow", "dag failure task_failure"])
    assert states_of(error.result) == {"quick": "success", "slow": "failed", "after": "upstream_failed"}

    # As in Airflow, the killed try counts.
    assert _tries(killed.id) == {"quick": ("success", 1), "slow": ("failed", 1), "after": ("upstream_failed", 0)}

    (killed.folder / "go").touch()
    assert retry(killed.path, killed.id).is_completed()
    assert _tries(killed.id) == {"quick": ("success", 1), "slow": ("success", 2), "after": ("success", 1)}
    assert killed.seen()[3:] == ["slow", "after", "dag success"]
    assert _lost(killed.id) == []


def test_a_lost_run_without_a_deployment_is_crashed_and_can_be_retried(
    unique: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with get_client(sync_client=True) as client:
        id_ = client.create_flow_run(flow(name=unique)(lambda: None)).id
    killed = _Killed(tmp_path, unique, id_)
    try:
        killed.wait_for_the_second_task()
    finally:
        killed.kill()
    assert run_command(["runs", "lost", "--fail"]) == 1
    assert "are Crashed now. Use prefect flow-run retry NAME --entrypoint FILE:FLOW." in capfd.readouterr().out
    (killed.folder / "go").touch()
    with get_client(sync_client=True) as client:
        assert client.read_flow_run(id_).state.is_crashed()  # type: ignore[union-attr]
    assert retry(killed.path, id_).is_completed()
    assert killed.seen() == ["quick", "slow", "slow", "after", "dag success"]


def test_a_killed_try_counts_before_and_after_the_end(killed: _Killed) -> None:
    killed.wait_for_the_second_task()
    while _tries(killed.id)["slow"] != ("running", 1):
        time.sleep(0.05)
    killed.kill()

    states: list[object] = []
    again = threading.Thread(
        target=copy_context().run, args=(lambda: states.append(retry(killed.path, killed.id).name),)
    )
    again.start()
    try:
        while _tries(killed.id)["slow"] != ("running", 2):
            assert again.is_alive()
            time.sleep(0.05)
    finally:
        (killed.folder / "go").touch()
        again.join(120)
    assert states == ["Completed"]
    assert _tries(killed.id)["slow"] == ("success", 2)
    # The killed try was one of the task's three tries.
    assert (killed.folder / "try").read_text() == "2/2"


def test_a_restart_continues_a_crashed_run(unique: str) -> None:
    id_ = _deployed_run(unique)
    with get_client(sync_client=True) as client:
        client.update_flow_run_labels(id_, labels_of_process())
        client.set_flow_run_state(id_, Running(), force=True)
        client.set_flow_run_state(id_, Crashed(), force=True)
        assert [(each.reason, each.is_scheduled) for each in _lost(id_)] == [("it crashed", False)]
        assert [each.is_scheduled for each in _lost(id_, action="restart")] == [True]
        assert client.read_flow_run(id_).state_name == "Scheduled"
    assert _lost(id_) == []


def test_a_restart_that_a_second_report_of_the_crash_undoes_is_repeated(unique: str) -> None:
    id_, hour = _deployed_run(unique), timedelta(hours=1)
    with get_client(sync_client=True) as client:
        client.update_flow_run_labels(id_, labels_of_process())
        client.set_flow_run_state(id_, Running(), force=True)
        client.set_flow_run_state(id_, Crashed())
        assert _lost(id_, older_than=hour) == []
        assert [each.is_scheduled for each in _lost(id_, action="restart")] == [True]
        client.set_flow_run_state(id_, Crashed())
        assert [each.reason for each in _lost(id_)] == ["a late report of a crash has undone its restart"]
        # The run was restarted, so it does not fail now.
        assert [each.is_scheduled for each in _lost(id_, older_than=hour, action="fail")] == [True]
        assert (client.read_flow_run(id_).state_name, pending_requests(id_)) == ("Scheduled", [])

        # The second report comes while a worker starts the run.
        client.set_flow_run_state(id_, Pending())
        client.set_flow_run_state(id_, Crashed())
        assert _lost(id_, action="restart") == []
        later = datetime.now(timezone.utc) + timedelta(minutes=20)
        crashed = crashed_dag_runs(later - hour, now=later)
        assert [each.reason for each in crashed if each.flow_run.id == id_] == ["it crashed"]
        client.set_flow_run_state(id_, Running())
    assert _lost(id_) == []


def test_a_run_that_is_reported_as_crashed_meanwhile_is_restarted_once(
    unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = _deployed_run(unique)
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    labels = {**labels_of_process(), PID: dead.stdout.decode().strip()}
    with get_client(sync_client=True) as client:
        client.update_flow_run_labels(id_, labels)
        client.set_flow_run_state(id_, Running(), force=True)

        def meanwhile(state: State, **how: datetime) -> list[LostRun]:
            found = lost_runs(**how)
            client.set_flow_run_state(id_, state, force=True)
            return found

        monkeypatch.setattr("airflow_compat.dags._lost_runs.lost_runs", partial(meanwhile, Crashed()))
        assert [each.is_scheduled for each in _lost(id_, action="restart")] == [True]
        # Another call has restarted the run.
        client.set_flow_run_state(id_, Running(), force=True)
        monkeypatch.setattr("airflow_compat.dags._lost_runs.lost_runs", partial(meanwhile, Pending()))
        assert _lost(id_, action="restart") == []
        assert client.read_flow_run(id_).state_name == "Pending"


def test_a_restarted_run_is_not_lost_before_it_names_its_new_process(killed: _Killed) -> None:
    killed.wait_for_the_second_task()
    killed.kill()
    assert len(_lost(killed.id)) == 1
    (killed.folder / "go").touch()
    seen: list[list[runs.LostDagRun]] = []

    def look(*_: object) -> None:
        seen.append(_lost(killed.id))

    assert retry(killed.path, killed.id, on_running=[look]).is_completed()
    assert seen == [[]]


def test_a_run_on_another_machine_is_lost_when_its_heartbeats_stop(unique: str) -> None:
    silent, beating = _deployed_run(unique), _deployed_run(unique)
    with get_client(sync_client=True) as client:
        for id_ in (silent, beating):
            client.set_flow_run_state(id_, Running(), force=True)
    now = datetime.now(timezone.utc)
    emit_event("prefect.flow-run.heartbeat", resource={"prefect.resource.id": f"prefect.flow-run.{beating}"})
    later = now + timedelta(minutes=20)

    def lost_at(moment: datetime) -> list[UUID]:
        return [each.flow_run.id for each in lost_runs(now=moment) if each.flow_name == unique]

    while lost_at(later) != [beating]:
        # The server stores events late.
        time.sleep(0.1)
    assert lost_at(now + timedelta(minutes=5)) == []
