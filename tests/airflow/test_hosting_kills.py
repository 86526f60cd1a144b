"""A task whose process is killed at any message has a clear end, and no secret can be found beside its memory."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from real_airflow import MAJOR
from test_hosting import HERE, VARIABLE, run

pytestmark = [
    pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} names no Python with Prefect"),
]

KILLED = "The host's process of the task has not finished: it was ended by SIGKILL."
BEFORE_THE_END = "RunTask GetConnection GetVariable Mask SetXCom GetXCom Answer Log".split()
if MAJOR == "3":
    # In Airflow 2, the end of the task follows at once.
    BEFORE_THE_END.append("Rendered")


@pytest.fixture(scope="module")
def kills(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What became of the task by the message at which its process was killed."""
    folder = tmp_path_factory.mktemp("kills")
    shutil.copytree(HERE / "hosted_dags", folder / "dags")
    return dict(json.loads(run(os.environ[VARIABLE], "hosting_kills_prefect_side.py", str(folder), sys.executable)))


@pytest.mark.parametrize("message", BEFORE_THE_END)
def test_a_task_killed_before_its_end_can_be_tried_again(kills: dict[str, Any], message: str) -> None:
    assert kills[message]["state"] == "up_for_retry"
    assert kills[message]["error"] == ["AirflowException", KILLED]
    assert kills[message]["lives"] is False


@pytest.mark.parametrize("message", ["Ended", "Finish"])
def test_a_task_killed_after_its_end_keeps_its_state(kills: dict[str, Any], message: str) -> None:
    assert kills[message]["state"] == "success"
    assert f"Callbacks may not have been called. {KILLED}" in kills[message]["log"]
    assert kills[message]["lives"] is False


def test_the_next_task_runs_after_a_kill(kills: dict[str, Any]) -> None:
    assert [kills[name]["state"] for name in ("none", "Free", "starter")] == ["success"] * 3
    assert kills["left"] == [False] * len(kills["left"])


def test_no_secret_is_outside_the_memory_of_the_processes(kills: dict[str, Any]) -> None:
    assert kills["secrets"] == []


@pytest.mark.stress
def test_a_task_that_logs_100_megabytes_ends(tmp_path: Path) -> None:
    shutil.copytree(HERE / "hosted_dags", tmp_path / "dags")
    output = run(os.environ[VARIABLE], "hosting_kills_prefect_side.py", str(tmp_path), sys.executable, "flood")
    found = json.loads(output)

    assert found["state"] == "success"
    assert "lines of the log were dropped, because the log exceeds 20 MB." in found["log"]
