"""The kept client: one Prefect client per process and server, because opening one is slow."""

from __future__ import annotations

import atexit
import os
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_KEY, PREFECT_API_URL

from ..errors import ServerUnreachableError
from .internals.client import open_own_client
from .temporary_server import start_if_needed

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

_clients: dict[tuple[object, ...], SyncPrefectClient] = {}
_lock = threading.Lock()


def kept_client() -> SyncPrefectClient:
    """Return the client for the configured server. Starts a temporary server if no server is configured."""
    key = (os.getpid(), PREFECT_API_URL.value(), PREFECT_API_KEY.value(), PREFECT_API_AUTH_STRING.value())
    client = _clients.get(key)
    if client is None:
        with _lock:
            client = _clients.get(key)
            if client is None:
                client = _clients[key] = _open()
    return client


def _open() -> SyncPrefectClient:
    start_if_needed()
    # A temporary server has no URL in the settings.
    if (url := PREFECT_API_URL.value()) and not _is_valid(url):
        # The message does not show the URL, which may contain a password.
        raise ServerUnreachableError("PREFECT_API_URL is not a valid URL; set a URL such as http://127.0.0.1:4200/api")
    return open_own_client(_raise_if_busy)


def _is_valid(url: str) -> bool:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host)


class BusyAnswer(Exception):
    """The server's database is briefly locked, as SQLite is by two simultaneous requests. `server_call` retries."""


def _raise_if_busy(response: httpx.Response) -> None:
    """Let `server_call` repeat the request after milliseconds, not seconds as Prefect's client does."""
    # If a response has one of these headers, Prefect's client itself waits for the time that the header sets.
    told = "Retry-After" in response.headers or "Prefect-Maintenance" in response.headers
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE and not told:
        raise BusyAnswer


def close_clients() -> None:
    """Close this process's clients. Afterwards, `kept_client` opens new clients."""
    with _lock:
        for key in [key for key in _clients if key[0] == os.getpid()]:
            _clients.pop(key).__exit__(None, None, None)


def _after_fork() -> None:
    # After a fork, the clients still belong to the parent process. In the parent, a thread may have held the lock
    # during the fork.
    globals()["_lock"] = threading.Lock()


atexit.register(close_clients)
os.register_at_fork(after_in_child=_after_fork)
