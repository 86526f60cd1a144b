"""The Prefect server that the tests of a session share."""

from __future__ import annotations

import asyncio
import inspect
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import certifi
from databases import new_database
from prefect.context import refresh_global_settings_context
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import (
    PREFECT_API_DATABASE_CONNECTION_URL,
    PREFECT_API_DATABASE_MIGRATE_ON_START,
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    temporary_settings,
)
from prefect.utilities.asyncutils import run_coro_as_sync

from airflow_compat._prefect.client import close_clients

_DRAINED_WITHIN = 30.0


@contextmanager
def session_server() -> Iterator[str]:
    """A server that this process, its threads and the processes that it starts talk to; its API's URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = SubprocessASGIServer(port=int(probe.getsockname()[1]))
    database = {PREFECT_API_DATABASE_CONNECTION_URL: new_database(), PREFECT_API_DATABASE_MIGRATE_ON_START: False}
    with temporary_settings(database):
        # On a busy machine it takes its time.
        server.start(timeout=240)
    os.environ.update(PREFECT_API_URL=server.api_url, PREFECT_API_SSL_CERT_FILE=_one_authority())
    refresh_global_settings_context()
    # A sync flow run would otherwise wait a second for its heartbeat's thread.
    with temporary_settings({PREFECT_API_URL: server.api_url, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        try:
            yield server.api_url
        finally:
            # What still waits to be sent goes to this server, and not to the next.
            run_coro_as_sync(_drain())
            close_clients()
            server.stop()
            del os.environ["PREFECT_API_URL"], os.environ["PREFECT_API_SSL_CERT_FILE"]
            refresh_global_settings_context()


def _one_authority() -> str:
    """A file of one certificate; each of Prefect's clients reads some 140 otherwise, in 20 ms. Nothing here has TLS."""
    end = "-----END CERTIFICATE-----\n"
    file = Path(os.environ["PREFECT_HOME"]) / "authority.pem"
    file.write_text(certifi.contents().partition(end)[0] + end)
    return str(file)


async def _drain() -> None:
    # Events for another server, which a test has stopped, may never be sent. An error means that nothing was logged.
    with suppress(RuntimeError, asyncio.TimeoutError):
        await asyncio.wait_for(_result(APILogWorker.instance().drain()), _DRAINED_WITHIN)
    await _result(EventsWorker.drain_all(timeout=_DRAINED_WITHIN))


async def _result(value: Any) -> None:
    if inspect.isawaitable(value):
        await value
