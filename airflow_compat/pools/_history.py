"""What the event log says of a pool: who took slots and hasn't given them back, and who waits. Pure.

Events are read from the newest to the oldest: when a hold's beginning is met, its end has been seen, if there is one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

WAIT_LASTS = timedelta(seconds=15)
"""Who waits says so every two seconds; the log has it up to five seconds later."""

# Prefect leaves `follows` out of an event that comes more than five minutes after the one that it follows.
_UNLINKED_AFTER = timedelta(minutes=5) - timedelta(seconds=1)

RunKind: TypeAlias = Literal["flow-run", "task-run"]


@dataclass(frozen=True)
class Run:
    """A flow run or a task run, as events name it."""

    kind: RunKind
    id: str
    name: str


@dataclass(frozen=True)
class PoolEvent:
    """One event of a limit.

    Attributes:
        id: The event's id.
        lease_id: The lease, of a hold of ours.
        slots: How many slots were taken, given back, or are wanted.
        run: The task run, else the flow run, that it happened in.
        flow_run: The flow run that it happened in.
        follows: The id of the event that began the hold, on the one that ends it; empty where that isn't known.
        handed_over: Whether the lease went to another hold of the same process.
        waiters: How many wait in that process.
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
    """Slots that were taken.

    Attributes:
        event_id: The event that said so.
        slots: How many.
        since: When this holder got them.
        counted_since: When the server gave them; earlier than `since` where they were handed over.
        until: When they were given back; None while they are not.
        lease_id: The lease, where `pool()` took them; empty where Prefect's own `concurrency()` did.
        run: The task run, else the flow run, that took them; None outside a run, or where they were handed over to
            somebody who isn't known.
        flow_run: The flow run that took them.
        host: The machine that took them; empty where that isn't known.
        pid: The process on that machine; 0 where that isn't known.
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
        """Whether `pool()` took them."""
        return bool(self.lease_id)

    def __str__(self) -> str:
        if self.run:
            return f"{self.run.kind.replace('-', ' ')} {self.run.name or self.run.id}"
        if self.pid:
            return f"process {self.pid} on {self.host}"
        return "somebody outside any run"


@dataclass(frozen=True)
class Wait:
    """A process that waits for slots.

    Attributes:
        slots: How many the first of its waiters wants.
        since: When it was first heard of; it may wait for longer.
        waiters: How many wait in it.
        run: The run of the first of them.
    """

    slots: int
    since: datetime
    waiters: int = 1
    run: Run | None = None
    host: str = ""
    pid: int = 0


@dataclass(frozen=True)
class History:
    """What was read of a limit's events.

    Attributes:
        acquisitions: Those that are open, and those that were ended in the part of the log that was read; newest first.
        complete: Whether all of the log was read that was asked for. Else holders may be missing.
    """

    acquisitions: tuple[Acquisition, ...] = ()
    complete: bool = True

    @property
    def open(self) -> tuple[Acquisition, ...]:
        """Those whose slots were not given back, as far as the log knows."""
        return tuple(found for found in self.acquisitions if found.until is None)


@dataclass
class Pairing:
    """Pairs the beginnings of holds with their ends; events are added newest first."""

    _acquisitions: dict[str, Acquisition] = field(default_factory=dict)
    _ended_leases: dict[str, datetime] = field(default_factory=dict)
    _ended_events: dict[str, datetime] = field(default_factory=dict)
    _handed_over: dict[str, list[PoolEvent]] = field(default_factory=dict)
    _unlinked: list[PoolEvent] = field(default_factory=list)

    def add(self, event: PoolEvent) -> None:
        """The next older event."""
        if event.kind == "acquired":
            self._acquired(event)
        elif event.kind == "released":
            self._released(event)

    def acquisitions(self) -> tuple[Acquisition, ...]:
        """What was found so far, newest first."""
        return tuple(self._acquisitions.values())

    def open_slots(self) -> int:
        """How many slots were taken and not given back, as far as was read."""
        return sum(found.slots for found in self._acquisitions.values() if found.until is None)

    def _released(self, event: PoolEvent) -> None:
        if event.lease_id and event.handed_over:
            self._handed_over.setdefault(event.lease_id, []).append(event)
        elif event.lease_id:
            self._ended_leases.setdefault(event.lease_id, event.occurred)
        elif event.follows:
            self._ended_events.setdefault(event.follows, event.occurred)
        else:
            self._unlinked.append(event)

    def _acquired(self, event: PoolEvent) -> None:
        key = event.lease_id or event.id
        if key in self._acquisitions:
            # An earlier holder of the same lease.
            known = self._acquisitions[key]
            self._acquisitions[key] = replace(known, counted_since=min(known.counted_since, event.occurred))
            return
        if event.lease_id:
            until = self._ended_leases.get(event.lease_id)
        else:
            until = self._ended_events.get(event.id) or self._unlinked_end(event)
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


def open_waits(events: Iterable[PoolEvent], now: datetime) -> tuple[Wait, ...]:
    """The processes that wait, the longest first, from waiting and acquired events, newest first.

    One that has fallen silent waits no longer, nor does one whose only waiter got slots since.
    """
    served: set[tuple[str, int]] = set()
    waits: dict[tuple[str, int], Wait] = {}
    for event in events:
        process = (event.host, event.pid)
        if event.kind == "acquired":
            if process not in waits:
                served.add(process)
        elif event.kind != "waiting":
            continue
        elif process in waits:
            if waits[process].since - event.occurred <= WAIT_LASTS:
                waits[process] = replace(waits[process], since=event.occurred)
        elif now - event.occurred <= WAIT_LASTS and not (process in served and event.waiters <= 1):
            waits[process] = Wait(event.slots, event.occurred, event.waiters, event.run, event.host, event.pid)
    return tuple(sorted(waits.values(), key=lambda wait: wait.since))
