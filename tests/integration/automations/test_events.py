"""The server's record of events, read page by page."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from patient_client import patient_client

from airflow_compat.automations._event_history import read_events

pytestmark = pytest.mark.sqlite

BEGAN = datetime.now(timezone.utc) - timedelta(minutes=5)


def record(name: str, *seconds: int) -> None:
    """Return events of this name, with these seconds after the start."""
    events = [
        {
            "id": str(uuid4()),
            "event": name,
            "occurred": (BEGAN + timedelta(seconds=each)).isoformat(),
            "resource": {"prefect.resource.id": f"test.{name}"},
        }
        for each in seconds
    ]
    patient_client().request("POST", "/events", json=events)


def asked_for(name: str) -> dict[str, Any]:
    since = BEGAN - timedelta(minutes=1)
    return {"event": {"name": [name]}, "occurred": {"since": since.isoformat()}, "order": "ASC"}


def until_recorded(name: str, number: int) -> None:
    until = time.monotonic() + 240
    while True:
        found = patient_client().request("POST", "/events/filter", json={"filter": asked_for(name), "limit": 1}).json()
        if found["total"] == number:
            return
        assert time.monotonic() < until, found["total"]
        time.sleep(0.1)


def test_event_written_between_pages_causes_no_duplicate(unique: str) -> None:
    record(unique, *range(1, 61))
    until_recorded(unique, 60)
    reading = read_events(asked_for(unique))
    found = [next(reading) for _ in range(50)]
    record(unique, 0)
    until_recorded(unique, 61)
    found += reading
    assert [event["occurred"] for event in found] == sorted({event["occurred"] for event in found})
    assert len(found) == 60
