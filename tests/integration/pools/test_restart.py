"""Slots of code that ends while the server is down are released after the restart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from patient_client import patient_client
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from airflow_compat import pool
from airflow_compat._prefect.limits import create_limit
from airflow_compat._prefect.specs import LimitSpec

if TYPE_CHECKING:
    from own_server import OwnServer

pytestmark = pytest.mark.sqlite


@pytest.fixture
def server(own_server: OwnServer) -> Iterator[OwnServer]:
    # Prefect's client would try again for a minute itself.
    with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):
        yield own_server


def test_slots_are_released_after_the_restart(server: OwnServer, unique: str, caplog: pytest.LogCaptureFixture) -> None:
    create_limit(LimitSpec(unique, 2))
    with pool(unique, slots=2):
        server.kill()
    assert "could not be given back" in caplog.text
    server.start()
    # A lease would last for a minute.
    with pool(unique, slots=2, timeout=30) as hold:
        assert hold.waited < 30
    assert patient_client().read_global_concurrency_limit_by_name(unique).active_slots == 0
    assert not [thread for thread in threading.enumerate() if thread.name == "airflow-compat-leases" and _lasts(thread)]


def _lasts(thread: threading.Thread) -> bool:
    thread.join(240)
    return thread.is_alive()
