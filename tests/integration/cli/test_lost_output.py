"""Each command ends with at most one line and exit code 1 if its output can't be written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_commands import ARGUMENTS, Ended, call_command, write_files
from prefect.client.orchestration import get_client

Call = Callable[[str], Ended]

# There is no run of a DAG, so these print only an error.
_OF_ONE_RUN = {"runs cancel", "runs clear", "runs mark", "runs tasks"}
each_printing_command = pytest.mark.parametrize("command", [name for name in ARGUMENTS if name not in _OF_ONE_RUN])


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs a command in a folder with the files that it reads."""
    monkeypatch.chdir(tmp_path)
    write_files()
    return lambda command: call_command(command, capfd)


@pytest.fixture
def deployment() -> None:
    """The deployment that the commands name, without runs."""
    with get_client(sync_client=True) as client:
        client.create_deployment(client.create_flow_from_name("t-conditions"), "daily")


@pytest.mark.usefixtures("deployment")
@each_printing_command
def test_full_disk(command: str, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    # No `with`: closing it would write again.
    full = Path("/dev/full").open("w")  # noqa: SIM115
    monkeypatch.setattr("sys.stdout", full)
    assert call(command) == (1, ["airflow-compat: The output can't be written (No space left on device)."])
    full.close()


@pytest.mark.usefixtures("deployment")
@each_printing_command
def test_closed_pipe(command: str, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    pipe = os.fdopen(writing, "w")
    monkeypatch.setattr("sys.stdout", pipe)
    assert call(command) == (1, [])
    pipe.close()
