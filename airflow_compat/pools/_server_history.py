"""Reads who holds the slots of a limit, and who waits for some, from the server's event log.

The server writes events in batches: what happened in the last five seconds may not be there yet.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from prefect.settings import PREFECT_UI_URL
from prefect.utilities.urls import url_for

from .._specs.pool_history import WAIT_LASTS, History, Pairing, PoolEvent, Run, RunKind, Wait, open_waits
from .client import kept_client
from .failures import server_call
from .pool_events import (
    ACQUIRED,
    FLOW_RUN,
    HANDED_OVER,
    HOST,
    LEASE_ID,
    PID,
    RELEASED,
    SLOTS_WANTED,
    TASK_RUN,
    WAITERS,
    WAITING,
    Taken,
    taken_here,
    taken_in,
)

LOOK_BACK = timedelta(days=7)
"""How far back holders are looked for: as long as a server keeps events, unless it was told otherwise."""

# The most that the server gives.
_PAGE = 50
_KINDS: Mapping[str, Literal["acquired", "released", "waiting"]] = {
    ACQUIRED: "acquired",
    RELEASED: "released",
    WAITING: "waiting",
}


@server_call
def read_acquisitions(
    limit_id: str, *, slots: int | None = None, pages: int = 2, look_back: timedelta = LOOK_BACK
) -> History:
    """Who took slots of a limit, from its newest events on. One request for each page of 50 events.

    Args:
        limit_id: The limit's id, as in `LimitSpec.id`.
        slots: How many slots are held: nothing older is read when as many were found.
        pages: How many pages to read at most.
        look_back: How old an event may be.
    """
    pairing = Pairing()
    names = [ACQUIRED, RELEASED]
    for number, (page, more) in enumerate(_pages(limit_id, names, datetime.now(timezone.utc) - look_back), start=1):
        for event in page:
            pairing.add(event)
        if slots is not None and pairing.open_slots() >= slots:
            return History(pairing.acquisitions(), complete=not more)
        if number == pages:
            return History(pairing.acquisitions(), complete=not more)
    return History(pairing.acquisitions())


@server_call
def slots_taken(flow_run_id: UUID, *, pages: int = 4) -> list[Taken]:
    """The slots of pools that were taken in a flow run, the first first: by the server's events, and by this process.

    Slots that went from hold to hold of one process count for each.
    """
    found = list(_events_of_run(flow_run_id, pages))
    known = {(taken.lease_id, taken.task_run_id) for taken in found}
    here = [taken for taken in tuple(taken_here) if taken.flow_run_id == str(flow_run_id)]
    return found + [taken for taken in here if (taken.lease_id, taken.task_run_id) not in known]


def _events_of_run(flow_run_id: UUID, pages: int) -> Iterator[Taken]:
    body = {
        "filter": {
            "occurred": {"since": (datetime.now(timezone.utc) - LOOK_BACK).isoformat()},
            "event": {"name": [ACQUIRED]},
            "resource": {"labels": {FLOW_RUN: str(flow_run_id)}},
            "order": "ASC",
        },
        "limit": _PAGE,
    }
    for answer in itertools.islice(_answers(body), pages):
        yield from (taken_in(event["resource"]) for event in answer["events"])


@server_call
def read_waits(limit_id: str, *, pages: int = 2) -> tuple[Wait, ...]:
    """The processes that wait for slots of a limit with `pool()`, the longest first."""
    now = datetime.now(timezone.utc)
    events: list[PoolEvent] = []
    # What is older than the last announcement only tells since when.
    for number, (page, _) in enumerate(_pages(limit_id, [ACQUIRED, WAITING], now - 20 * WAIT_LASTS), start=1):
        events += page
        if number == pages:
            break
    return open_waits(events, now)


def resource_url(kind: str, id_: str) -> str:
    """The page of a run (`flow-run`, `task-run`) or a `concurrency-limit` in Prefect's UI."""
    base = PREFECT_UI_URL.value() or str(kept_client().api_url).rstrip("/").removesuffix("/api")
    return url_for(kind, obj_id=id_, default_base_url=base) or ""


def _pages(limit_id: str, names: list[str], since: datetime) -> Iterator[tuple[list[PoolEvent], bool]]:
    """Pages of events, newest first, each with whether there are more."""
    body = {
        "filter": {
            "occurred": {"since": since.isoformat()},
            "event": {"name": names},
            "resource": {"id": [f"prefect.concurrency-limit.{limit_id}"]},
            "order": "DESC",
        },
        "limit": _PAGE,
    }
    for answer in _answers(body):
        yield [_event(event) for event in answer["events"]], bool(answer["next_page"])


def _answers(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What the server answers, page by page."""
    answer = kept_client().request("POST", "/events/filter", json=body).json()
    while True:
        yield answer
        following = answer["next_page"]
        if not following:
            return
        # The address is the one that the server knows itself by, which need not be the one that reaches it.
        token = parse_qs(urlsplit(following).query)["page-token"][0]
        answer = kept_client().request("GET", "/events/filter/next", params={"page-token": token}).json()


def _event(event: Mapping[str, Any]) -> PoolEvent:
    resource: Mapping[str, str] = event["resource"]
    kind = _KINDS[event["event"]]
    flow_run = _run(event, "flow-run", FLOW_RUN)
    return PoolEvent(
        id=event["id"],
        kind=kind,
        occurred=datetime.fromisoformat(event["occurred"].replace("Z", "+00:00")),
        slots=_number(resource.get(SLOTS_WANTED if kind == "waiting" else "slots-acquired")),
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
    """The run that an event happened in: of ours as it says itself, of Prefect's as it is related."""
    related = {
        resource["prefect.resource.id"].rpartition(".")[2]: resource.get("prefect.resource.name", "")
        for resource in event["related"]
        if resource.get("prefect.resource.role") == kind
    }
    resource: Mapping[str, str] = event["resource"]
    if PID in resource:
        id_ = resource.get(label)
        return Run(kind, id_, related.get(id_, "")) if id_ else None
    return next((Run(kind, id_, name) for id_, name in related.items()), None)


def _number(text: str | None, default: int = 1) -> int:
    """A label's number. Events may be sent by anybody."""
    return int(text) if text and text.isdecimal() else default
