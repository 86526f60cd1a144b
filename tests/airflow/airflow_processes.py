"""A real Airflow 3: its database, its API server and its scheduler with a LocalExecutor, in processes of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_COMMAND = [sys.executable, "-m", "airflow"]


class AirflowProcesses:
    """An Airflow installation in a folder whose `dags` has the DAG files.

    Args:
        home: The folder.
        settings: More settings: `CORE__PARALLELISM`.
    """

    def __init__(self, home: Path, settings: Mapping[str, object]) -> None:
        self._home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        own = {
            "CORE__DAGS_FOLDER": home / "dags",
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{self._port}/execution/",
            "API_AUTH__JWT_SECRET": "a secret of this test, and of no use",
        }
        self._environment = {
            **os.environ,
            "AIRFLOW_HOME": str(home),
            **{f"AIRFLOW__{key}": str(value) for key, value in {**own, **settings}.items()},
        }

    def run(self, *arguments: str) -> None:
        """Run one command."""
        self.finish(self.start(*arguments))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start one command, for `finish`."""
        return subprocess.Popen(
            [*_COMMAND, *arguments],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish(self, *commands: subprocess.Popen[str]) -> None:
        """Wait for commands. A command that fails fails the test."""
        try:
            for command in commands:
                output, _ = command.communicate(timeout=240)
                assert command.returncode == 0, f"{command.args}: {output}"
        finally:
            for command in commands:
                command.kill()
                command.wait()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Make the database, read the DAG files, and run the API server."""
        self.run("db", "migrate")
        arguments = ("--apps", "execution", "--host", "127.0.0.1", "--port", str(self._port), "--workers", "1")
        with self._process("api-server", *arguments):
            self.run("dags", "reserialize")
            self._wait_for_server()
            yield

    @contextmanager
    def scheduling(self) -> Iterator[None]:
        """Run the scheduler."""
        with self._process("scheduler", "--skip-serve-logs"):
            yield

    @contextmanager
    def _process(self, *arguments: str) -> Iterator[None]:
        with (self._home / f"{arguments[0]}.log").open("w") as log:
            started = subprocess.Popen(
                [*_COMMAND, *arguments], env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
            try:
                yield
            finally:
                started.terminate()
                # A scheduler waits for its running tasks.
                with suppress(subprocess.TimeoutExpired):
                    started.wait(30)
                with suppress(ProcessLookupError):
                    os.killpg(started.pid, signal.SIGKILL)
                started.wait(30)

    def _wait_for_server(self) -> None:
        until = time.monotonic() + 240
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.2)
        pytest.fail("Airflow's API server doesn't answer")
