"""Reconstructs a pool's holders and waiters from the event log.

Reads events from newest to oldest, so the end of a hold comes before its beginning.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

WAIT_LASTS = timedelta(seconds=15)
"""The age up to which a waiting event counts. A waiter sends a waiting event every two seconds, and the event log shows
the event up to five seconds later."""

# Prefect omits the link `follows` if more than five minutes lie between the two events.
_UNLINKED_AFTER = timedelta(minutes=5) - timedelta(seconds=1)

RunKind: TypeAlias = Literal["flow-run", "task-run"]


@dataclass(frozen=True)
class Run:
    """A flow run or a task run that an event names."""

    kind: RunKind
    id: str
    name: str


@dataclass(frozen=True)
class PoolEvent:
    """One event about a concurrency limit.

    Attributes:
        lease_id: The id of the lease; empty for Prefect's own `concurrency()`.
        run: The task run, else the flow run, that sent the event.
        flow_run: The flow run in which the event was sent.
        follows: For the end of a hold: the id of the event that began the hold; empty if unknown.
        handed_over: Whether the lease was passed on to another hold of the same process.
    """

    id: str
    kind: Literal["acquired", "released", "waiting"]
    occurred: datetime
    slots: int
    lease_id: str = ""
    run: Run | None = None
    flow_run: Run | None = None
    host: str = ""
    pid: int = 0
    follows: str = ""
    handed_over: bool = False
    waiters: int = 1


@dataclass(frozen=True)
class Acquisition:
    """The slots of one holder.

    Attributes:
        since: When this holder got the slots.
        counted_since: When the server granted the slots; earlier than `since` if an earlier holder passed the slots on.
        until: When the slots were released; None while they are held.
        lease_id: The id of the lease from `pool()`; empty for Prefect's own `concurrency()`.
        run: The task run, else the flow run, that took the slots; None outside a run, or if unknown after a handover.
    """

    event_id: str
    slots: int
    since: datetime
    counted_since: datetime
    until: datetime | None = None
    lease_id: str = ""
    run: Run | None = None
    flow_run: Run | None = None
    host: str = ""
    pid: int = 0

    @property
    def ours(self) -> bool:
        return bool(self.lease_id)

    def __str__(self) -> str:
        if self.run:
            return f"{self.run.kind.replace('-', ' ')} {self.run.name or self.run.id}"
        if self.pid:
            return f"process {self.pid} on {self.host}"
        return "an unknown process outside any run"


@dataclass(frozen=True)
class History:
    """The acquisitions that a limit's events report: those that still hold slots, and released ones.

    Attributes:
        complete: False if holders may be missing.
    """

    acquisitions: tuple[Acquisition, ...] = ()
    complete: bool = True

    @property
    def open(self) -> tuple[Acquisition, ...]:
        return tuple(found for found in self.acquisitions if found.until is None)


@dataclass
class Pairing:
    """Pairs the event that begins a hold with the event that ends it."""

    _acquisitions: dict[str, Acquisition] = field(default_factory=dict)
    _ended: dict[str, datetime] = field(default_factory=dict)
    _handed_over: dict[str, list[PoolEvent]] = field(default_factory=dict)
    _unlinked: list[PoolEvent] = field(default_factory=list)

    def add(self, event: PoolEvent) -> None:
        if event.kind == "acquired":
            self._acquired(event)
        elif event.kind == "released":
            self._released(event)

    def acquisitions(self) -> tuple[Acquisition, ...]:
        return tuple(self._acquisitions.values())

    def open_slots(self) -> int:
        return sum(found.slots for found in self._acquisitions.values() if found.until is None)

    def _released(self, event: PoolEvent) -> None:
        if event.lease_id and event.handed_over:
            self._handed_over.setdefault(event.lease_id, []).append(event)
        elif hold := event.lease_id or event.follows:
            self._ended.setdefault(hold, event.occurred)
        else:
            self._unlinked.append(event)

    def _acquired(self, event: PoolEvent) -> None:
        key = event.lease_id or event.id
        if key in self._acquisitions:
            # The event is from an earlier holder of the same lease.
            known = self._acquisitions[key]
            self._acquisitions[key] = replace(known, counted_since=min(known.counted_since, event.occurred))
            return
        until = self._ended.get(key)
        if not until and not event.lease_id:
            until = self._unlinked_end(event)
        passed_on = any(_ends(end, event) for end in self._handed_over.get(event.lease_id, ()))
        self._acquisitions[key] = Acquisition(
            event.id,
            event.slots,
            event.occurred,
            event.occurred,
            until,
            event.lease_id,
            None if passed_on else event.run,
            None if passed_on else event.flow_run,
            event.host,
            event.pid,
        )

    def _unlinked_end(self, event: PoolEvent) -> datetime | None:
        for end in self._unlinked:
            if end.slots == event.slots and _same_run(end, event) and end.occurred - event.occurred >= _UNLINKED_AFTER:
                self._unlinked.remove(end)
                return end.occurred
        return None


def _ends(end: PoolEvent, beginning: PoolEvent) -> bool:
    if end.follows:
        return end.follows == beginning.id
    return _same_run(end, beginning) and end.occurred - beginning.occurred >= _UNLINKED_AFTER


def _same_run(one: PoolEvent, other: PoolEvent) -> bool:
    return (one.run and one.run.id) == (other.run and other.run.id)


def count_waiters(events: Iterable[PoolEvent], now: datetime) -> int:
    """Count the waiters in a list of waiting and acquired events, the newest first.

    Ignores processes that sent no recent waiting event, and processes whose only waiter got slots afterwards.
    """
    served: set[tuple[str, int]] = set()
    waiters: dict[tuple[str, int], int] = {}
    for event in events:
        process = (event.host, event.pid)
        if event.kind == "acquired":
            served.add(process)
        elif now - event.occurred <= WAIT_LASTS and not (process in served and event.waiters <= 1):
            waiters.setdefault(process, event.waiters)
    return sum(waiters.values())
