"""Prefect's client for tests' own requests; it retries a busy server.

The package's kept client leaves retries to `server_call`, which tests don't use.
"""

from __future__ import annotations

import atexit
from functools import cache

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import PREFECT_API_URL


def patient_client() -> SyncPrefectClient:
    """The client for the server of the current settings."""
    return _client(PREFECT_API_URL.value())


@cache
def _client(url: str | None) -> SyncPrefectClient:
    # Settings of its own keep Prefect from handing out the client of the run that is active.
    client = get_client(sync_client=True, httpx_settings={"headers": {}}).__enter__()
    atexit.register(client.__exit__, None, None, None)
    return client
