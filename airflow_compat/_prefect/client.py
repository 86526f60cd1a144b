"""The kept client: one a process and server, since most of the cost of a Prefect helper is building a client.

`httpx.Client` is safe in threads. After a fork, and when the settings name another server, a new client is built; the
old one is left to whoever still uses it, and all are closed at exit.
"""

from __future__ import annotations

import atexit
import os
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_KEY, PREFECT_API_URL

if TYPE_CHECKING:
    import httpx

_Key = tuple[object, ...]
_clients: dict[_Key, SyncPrefectClient] = {}
_lock = threading.Lock()


def kept_client() -> SyncPrefectClient:
    """The client for the server that the current settings name.

    With no server configured, Prefect's own temporary one is started, as it would be for a flow.
    """
    key = (os.getpid(), PREFECT_API_URL.value(), PREFECT_API_KEY.value(), PREFECT_API_AUTH_STRING.value())
    client = _clients.get(key)
    if client is None:
        with _lock:
            client = _clients.get(key)
            if client is None:
                # Settings of one's own also keep Prefect from handing out the client of the run that is active.
                client = get_client(sync_client=True, httpx_settings={"event_hooks": {"response": [_raise_if_busy]}})
                _clients[key] = client.__enter__()
    return client


class BusyAnswer(Exception):
    """The server's database is locked for a moment: SQLite, asked for two things at once. `server_call` asks again."""


def _raise_if_busy(response: httpx.Response) -> None:
    """Prefect's client would sleep for seconds; `server_call` asks again in milliseconds."""
    # During maintenance, Prefect's client waits without a limit.
    told = "Retry-After" in response.headers or "Prefect-Maintenance" in response.headers
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE and not told:
        raise BusyAnswer


def close_clients() -> None:
    """Close this process's clients. Called at exit; a later call of a shim builds a new one."""
    with _lock:
        for key in [key for key in _clients if key[0] == os.getpid()]:
            _clients.pop(key).__exit__(None, None, None)


def _after_fork() -> None:
    # The parent's sockets are not ours to use or to close, and its lock may be held by a thread that isn't here.
    globals()["_lock"] = threading.Lock()


atexit.register(close_clients)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
