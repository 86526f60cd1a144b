"""Reads the holders and waiters of a limit from the server's event log.

The server writes events in batches, so the last five seconds may be missing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Literal
from uuid import UUID

from prefect.settings import PREFECT_UI_URL
from prefect.utilities.urls import url_for

from .._airflow.zones import api_moment
from .._prefect.client import kept_client
from .._prefect.failures import server_call
from .._prefect.pages import EventPage, event_pages
from ._events import (
    ACQUIRED,
    FLOW_RUN,
    HANDED_OVER,
    HOST,
    LEASE_ID,
    PID,
    RELEASED,
    TASK_RUN,
    WAITERS,
    WAITING,
    TakenSlots,
    taken_here,
    taken_in,
)
from ._history import WAIT_LASTS, Acquisition, History, Pairing, PoolEvent, Run, RunKind, count_waiters

LOOK_BACK = timedelta(days=7)
"""How far back to search: servers keep events this long by default."""

_KINDS: Mapping[str, Literal["acquired", "released", "waiting"]] = {
    ACQUIRED: "acquired",
    RELEASED: "released",
    WAITING: "waiting",
}


@server_call
def read_acquisitions(limit_id: str, *, slots: int | None = None, pages: int = 2) -> History:
    """Read acquisitions from a limit's events, newest first. Makes one request per page of 50 events.

    Args:
        limit_id: The limit's id, as in `LimitSpec.id`.
        slots: The number of held slots whose holders are searched.
        pages: The maximum number of pages to read.
    """
    pairing = Pairing()
    complete = True
    for page in itertools.islice(_pages(limit_id, [ACQUIRED, RELEASED], datetime.now(timezone.utc) - LOOK_BACK), pages):
        for event in page.events:
            pairing.add(_event(event))
        complete = not page.has_more
        if slots is not None and pairing.open_slots() >= slots:
            break
    return History(pairing.acquisitions(), complete=complete)


@server_call
def slots_taken(flow_run_id: UUID, *, pages: int = 4) -> list[TakenSlots]:
    """Return the pool slots taken in a flow run, oldest first.

    If a hold passes its slots to another hold, the slots count for both.
    """
    filter_ = {
        "occurred": {"since": (datetime.now(timezone.utc) - LOOK_BACK).isoformat()},
        "event": {"name": [ACQUIRED]},
        "resource": {"labels": {FLOW_RUN: str(flow_run_id)}},
        "order": "ASC",
    }
    read = itertools.islice(event_pages(filter_), pages)
    found = [taken_in(event["resource"]) for page in read for event in page.events]
    known = {(taken.lease_id, taken.task_run_id) for taken in found}
    return found + [
        taken
        for taken in tuple(taken_here)
        if taken.flow_run_id == str(flow_run_id) and (taken.lease_id, taken.task_run_id) not in known
    ]


@server_call
def read_waiters(limit_id: str, *, pages: int = 2) -> int:
    now = datetime.now(timezone.utc)
    read = itertools.islice(_pages(limit_id, [ACQUIRED, WAITING], now - WAIT_LASTS), pages)
    return count_waiters([_event(event) for page in read for event in page.events], now)


def acquisition_url(acquisition: Acquisition) -> str:
    """Return the URL in Prefect's UI of the run that acquired the slots; empty outside a run."""
    if acquisition.run is None:
        return ""
    base = PREFECT_UI_URL.value() or str(kept_client().api_url).rstrip("/").removesuffix("/api")
    return url_for(acquisition.run.kind, obj_id=acquisition.run.id, default_base_url=base) or ""


def _pages(limit_id: str, names: list[str], since: datetime) -> Iterator[EventPage]:
    return event_pages(
        {
            "occurred": {"since": since.isoformat()},
            "event": {"name": names},
            "resource": {"id": [f"prefect.concurrency-limit.{limit_id}"]},
            "order": "DESC",
        }
    )


def _event(event: Mapping[str, Any]) -> PoolEvent:
    resource: Mapping[str, str] = event["resource"]
    flow_run = _run(event, "flow-run", FLOW_RUN)
    return PoolEvent(
        id=event["id"],
        kind=_KINDS[event["event"]],
        occurred=api_moment(event["occurred"]),
        slots=_number(resource.get("slots-acquired")),
        lease_id=resource.get(LEASE_ID, ""),
        run=_run(event, "task-run", TASK_RUN) or flow_run,
        flow_run=flow_run,
        host=resource.get(HOST, ""),
        pid=_number(resource.get(PID), 0),
        follows=event.get("follows") or "",
        handed_over=HANDED_OVER in resource,
        waiters=_number(resource.get(WAITERS)),
    )


def _run(event: Mapping[str, Any], kind: RunKind, label: str) -> Run | None:
    related = {
        resource["prefect.resource.id"].rpartition(".")[2]: resource.get("prefect.resource.name", "")
        for resource in event["related"]
        if resource.get("prefect.resource.role") == kind
    }
    resource: Mapping[str, str] = event["resource"]
    # Only this package's events have the label `PID`. In these events, the argument `label` is the name of the label
    # that has the run's id.
    if PID in resource:
        id_ = resource.get(label)
        return Run(kind, id_, related.get(id_, "")) if id_ else None
    return next((Run(kind, id_, name) for id_, name in related.items()), None)


def _number(text: str | None, default: int = 1) -> int:
    """Return a label's number, or the default if the label is invalid."""
    return int(text) if text and text.isdecimal() else default
