"""Prefect's own client for what tests ask the server: it asks a busy one again.

The package's kept client leaves that to `server_call`, which tests don't go through.
"""

from __future__ import annotations

import atexit
from functools import cache

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import PREFECT_API_URL


def patient_client() -> SyncPrefectClient:
    """The client for the server that the current settings name."""
    return _client(PREFECT_API_URL.value())


@cache
def _client(url: str | None) -> SyncPrefectClient:
    # Settings of its own keep Prefect from handing out the client of the run that is active.
    client = get_client(sync_client=True, httpx_settings={"headers": {}}).__enter__()
    atexit.register(client.__exit__, None, None, None)
    return client
