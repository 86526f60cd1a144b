"""A separate Prefect server for a test, which can be killed and restarted over the same database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import httpx
import pytest
from child_processes import end
from databases import new_database
from prefect.events.clients import PrefectEventsClient
from prefect.events.worker import EventsWorker
from prefect.settings import PREFECT_API_URL, temporary_settings

_COMMAND = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--no-ui", "--port"]


class OwnServer:
    """A server like the session's, started and stopped by the test.

    Args:
        home: The folder for files other than the database.
        leases: The folder for leases. Leases in memory, the default, are lost at a restart.
        environment: More settings.
    """

    def __init__(
        self,
        home: Path,
        leases: Literal["memory", "filesystem"] = "memory",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}/api"
        self._environment = {
            **os.environ,
            "PREFECT_HOME": str(home),
            # None of the tests needs its blocks.
            "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",
            "PREFECT_SERVER_SERVICES_REPOSSESSOR_LOOP_SECONDS": "1",
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": f"prefect.server.concurrency.lease_storage.{leases}",
            "PREFECT_API_DATABASE_CONNECTION_URL": new_database(),
            "PREFECT_API_DATABASE_MIGRATE_ON_START": "false",
            **(environment or {}),
        }
        self._environment.pop("PREFECT_API_URL", None)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._process = subprocess.Popen(
            [*_COMMAND, str(self.port)],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with httpx.Client(timeout=5) as client:
            while not self._answers(client):
                with suppress(subprocess.TimeoutExpired):
                    raise RuntimeError(f"the server ended with {self._process.wait(timeout=0.2)}")

    def stop(self) -> None:
        """Send SIGTERM: the server answers open requests and ends."""
        if self._process:
            end(self._process, signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL: the server loses its memory."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def _answers(self, client: httpx.Client) -> bool:
        try:
            return client.get(f"{self.url}/health").status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def use(server: OwnServer) -> Iterator[None]:
    """Point this process and its children to this server."""
    with pytest.MonkeyPatch.context() as patch, temporary_settings({PREFECT_API_URL: server.url}):
        patch.setenv("PREFECT_API_URL", server.url)
        # This process's worker for events keeps to the server that it met first.
        EventsWorker.set_client_override(PrefectEventsClient, api_url=server.url)
        try:
            yield
        finally:
            EventsWorker.set_client_override(None)


@contextmanager
def running(server: OwnServer) -> Iterator[OwnServer]:
    """Start a server, and point this process and its children to it. Kill the server at the end."""
    try:
        server.start()
        with use(server):
            yield server
    finally:
        server.kill()
