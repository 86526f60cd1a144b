"""An import whose server is killed half-way: what was reported as done is there, and the next import completes it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from airflow_compat import Connection, importing
from airflow_compat._airflow.exports import Export
from airflow_compat._airflow.pool import Pool
from airflow_compat._airflow.variable import VariableRecord


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def _server(home: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A Prefect server of its own, whose database outlives it."""
    command = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-ui",
    ]
    environment = {**os.environ, "PREFECT_HOME": str(home)}
    environment.pop("PREFECT_API_URL", None)
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _listens(port):
            with suppress(subprocess.TimeoutExpired):
                pytest.fail(f"the server ended with {server.wait(timeout=0.2)}")
        yield server
    finally:
        server.kill()
        server.wait()


@pytest.mark.timeout(280)
def test_a_server_killed_in_the_middle_loses_nothing_that_was_done(tmp_path: Path) -> None:
    export = Export(
        connections=tuple(Connection(f"c{index}", "sftp", password="p") for index in range(12)),
        variables=tuple(VariableRecord(f"v{index}", index) for index in range(8)),
        pools=(Pool("p", 2),),
    )
    port = _free_port()
    settings = {PREFECT_API_URL: f"http://127.0.0.1:{port}/api", PREFECT_CLIENT_MAX_RETRIES: 0}
    with temporary_settings(settings):
        with _server(tmp_path, port) as server:

            def kill_half_way(outcome: importing.Outcome) -> None:
                if outcome.item.id == "v2":
                    server.send_signal(signal.SIGKILL)
                    server.wait()

            outcomes = importing.apply(importing.plan(export), progress=kill_half_way)
        done = {outcome.item.id for outcome in outcomes if outcome.done}
        assert len(outcomes) == 21
        assert {"c0", "c11", "v0", "v2"} <= done
        assert {outcome.item.id for outcome in outcomes if outcome.error} == {f"v{index}" for index in range(3, 8)} | {
            "p"
        }
        with _server(tmp_path, port):
            items = importing.plan(export)
            assert {item.id for item in items if item.action == "unchanged"} == done
            assert all(outcome.done for outcome in importing.apply(items))
            assert {item.action for item in importing.plan(export)} == {"unchanged"}
