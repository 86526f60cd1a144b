"""Clear, mark and cancel: commands that the user or a signal ends while they wait for a run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from child_processes import end
from dag_runs import run, write
from prefect.client.orchestration import get_client
from prefect.states import Running

from airflow_compat.dags import runs
from airflow_compat.dags._requests import pending_requests

_DAG = """
    from airflow.sdk import DAG, task

    with DAG("{dag_id}", schedule=None):
        @task
        def load(): ...

        load()
"""


@pytest.fixture
def silent_run(tmp_path: Path, unique: str) -> Any:
    """The id of a run that the server shows as running, but whose process is gone."""
    id_ = run(str(write(tmp_path, "silent", _DAG.format(dag_id=unique)))).state_details.flow_run_id
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(id_, Running(), force=True)
    return id_


def test_an_interrupted_call_leaves_no_request(silent_run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        assert len(pending_requests(silent_run)) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr("airflow_compat._prefect.polling.time.sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        runs.clear(silent_run, task_ids=["load"])
    assert pending_requests(silent_run) == []


@pytest.mark.parametrize(
    ("command", "number", "code"),
    [
        (["clear"], signal.SIGTERM, 143),
        (["mark", "success"], signal.SIGHUP, 129),
        (["cancel"], signal.SIGTERM, 143),
    ],
)
def test_a_command_that_a_signal_ends_leaves_no_request(
    silent_run: Any, command: list[str], number: signal.Signals, code: int
) -> None:
    action, *state = command
    words = [sys.executable, "-m", "airflow_compat.cli", "runs", action, str(silent_run), *state, "--timeout", "500"]
    with subprocess.Popen(words, env=os.environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            while not pending_requests(silent_run):
                assert process.poll() is None
                time.sleep(0.05)
        finally:
            end(process, number)
        assert process.stderr is not None
        assert (process.returncode, process.stderr.read()) == (code, "")
    assert pending_requests(silent_run) == []
