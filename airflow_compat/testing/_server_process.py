"""A real Prefect server for a test session. This module imports Prefect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from .._prefect.client import close_clients

# A busy machine starts a server slowly.
_STARTUP_SECONDS = 240


@contextmanager
def temporary_server() -> Iterator[str]:
    """Run a server during the `with` block, and yield its API URL. Child processes use this server, too."""
    fast = temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})
    with prefect_test_harness(server_startup_timeout=_STARTUP_SECONDS), fast, pytest.MonkeyPatch.context() as patch:
        url = PREFECT_API_URL.value() or ""
        patch.setenv("PREFECT_API_URL", url)
        try:
            yield url
        finally:
            close_clients()
