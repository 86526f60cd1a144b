"""A Prefect server of a test's own, which may be killed and started again over the same database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import httpx
import pytest
from prefect.events.clients import PrefectEventsClient
from prefect.events.worker import EventsWorker
from prefect.settings import PREFECT_API_URL, temporary_settings

_COMMAND = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--no-ui", "--port"]
# As the session's server has it.
_SITE = Path(__file__).parents[1] / "server_site"


class OwnServer:
    """A server like the session's, and as short-lived as the test wants.

    Args:
        home: Where it keeps its database.
        leases: Where it keeps leases; in memory, as a server does by default, a restart forgets them.
        environment: More of its settings.
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
            "PYTHONPATH": os.pathsep.join(filter(None, [str(_SITE), os.environ.get("PYTHONPATH")])),
            **(environment or {}),
        }
        self._environment.pop("PREFECT_API_URL", None)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            [*_COMMAND, str(self.port)],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # The database is what it must be from the first start on.
        self._environment["PREFECT_API_DATABASE_MIGRATE_ON_START"] = "false"
        while not self._answers():
            with suppress(subprocess.TimeoutExpired):
                raise RuntimeError(f"the server ended with {self._process.wait(timeout=0.2)}")

    def stop(self) -> None:
        """SIGTERM: it answers what it was asked, and ends."""
        if self._process:
            self._process.terminate()
            self._process.wait()

    def kill(self) -> None:
        """SIGKILL: it forgets what it has in memory."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=5).status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def use(server: OwnServer) -> Iterator[None]:
    """This process, and those that it starts, talk to this server."""
    with pytest.MonkeyPatch.context() as patch, temporary_settings({PREFECT_API_URL: server.url}):
        patch.setenv("PREFECT_API_URL", server.url)
        # This process's worker for events keeps to the server that it met first.
        EventsWorker.set_client_override(PrefectEventsClient, api_url=server.url)
        try:
            yield
        finally:
            EventsWorker.set_client_override(None)
