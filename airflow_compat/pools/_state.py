"""A pool as the server has it: its slots, who holds them, how many wait. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_NAMED = 3


@dataclass(frozen=True)
class PoolHolder:
    """Who holds slots of a pool.

    Attributes:
        name: What is known of it: its run, else its process.
        slots: How many it holds.
        since: When it got them, with its time zone.
        url: The page of its run in Prefect's UI; empty outside a run.
        host: The machine that it runs on; empty where that isn't known.
        pid: Its process there; 0 where that isn't known.
    """

    name: str
    slots: int
    since: datetime
    url: str = ""
    host: str = ""
    pid: int = 0


@dataclass(frozen=True)
class PoolState:
    """A pool as the server has it.

    Attributes:
        name: The limit's name: the pool's, but for characters that Prefect refuses.
        slots: How many slots it has.
        held: How many of them are taken.
        active: Whether it limits at all.
        holders: Who took them, the newest first, as far as the server's events tell; up to five seconds late. Slots
            that are taken and held by nobody here are a case for `airflow-compat pools doctor`.
        waiting: How many wait with `pool()`.
    """

    name: str
    slots: int
    held: int
    active: bool
    holders: tuple[PoolHolder, ...] = ()
    waiting: int = 0

    @property
    def unnamed(self) -> int:
        """How many slots are taken by nobody that is known."""
        return max(0, self.held - sum(holder.slots for holder in self.holders))

    def as_dict(self) -> dict[str, Any]:
        """The pool for JSON."""
        holders = [
            {
                "holder": holder.name,
                "slots": holder.slots,
                "since": holder.since.isoformat(),
                "url": holder.url,
                "host": holder.host,
                "pid": holder.pid,
            }
            for holder in self.holders
        ]
        return {
            "pool": self.name,
            "slots": self.slots,
            "held": self.held,
            "active": self.active,
            "waiting": self.waiting,
            "holders": holders,
        }


def held_by(holders: Sequence[PoolHolder]) -> str:
    """Who holds the slots, since when, for a line of a log: the three that have had them for longest, in local time."""
    if not holders:
        return "no event says who holds them"
    longest = sorted(holders, key=lambda holder: holder.since)
    named = [
        f"{holder.name} ({count_slots(holder.slots)}, since {holder.since.astimezone():%Y-%m-%d %H:%M:%S})"
        for holder in longest[:_NAMED]
    ]
    more = [f"{len(holders) - _NAMED} more"] if len(holders) > _NAMED else []
    return f"held by {', '.join(named + more)}"


def count_slots(number: int) -> str:
    """A number of slots, in words."""
    return "1 slot" if number == 1 else f"{number} slots"
