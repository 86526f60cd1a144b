"""The state of a pool on the server: its slots, holders and waiters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_NAMED = 3


@dataclass(frozen=True)
class PoolHolder:
    """A holder of slots.

    Attributes:
        name: The name of the holder's run; outside a run, the process.
        slots: The number of held slots.
        since: When the holder got the slots, with time zone.
        url: The URL of the holder's run in Prefect's UI; empty outside a run.
        host: The holder's machine; empty if unknown.
        pid: The process id on that machine; 0 if unknown.
    """

    name: str
    slots: int
    since: datetime
    url: str = ""
    host: str = ""
    pid: int = 0


@dataclass(frozen=True)
class PoolState:
    """A pool as it is on the server.

    Attributes:
        name: The limit's name: the pool's name, with `-` for characters that Prefect refuses.
        slots: The number of slots.
        held: The number of taken slots.
        active: Whether the limit is active.
        holders: The holders, newest first; the list may be five seconds old. If taken slots have no holder, run
            `airflow-compat pools doctor`.
        waiting: The number of `pool()` calls that wait for slots.
    """

    name: str
    slots: int
    held: int
    active: bool
    holders: tuple[PoolHolder, ...] = ()
    waiting: int = 0

    @property
    def unnamed(self) -> int:
        """Return the number of taken slots without a known holder."""
        return max(0, self.held - sum(holder.slots for holder in self.holders))

    def as_dict(self) -> dict[str, Any]:
        """Return the state for JSON."""
        return {
            "pool": self.name,
            "slots": self.slots,
            "held": self.held,
            "active": self.active,
            "waiting": self.waiting,
            "holders": [
                {
                    "holder": holder.name,
                    "slots": holder.slots,
                    "since": holder.since.isoformat(),
                    "url": holder.url,
                    "host": holder.host,
                    "pid": holder.pid,
                }
                for holder in self.holders
            ],
        }


def held_by(holders: Sequence[PoolHolder]) -> str:
    """Return text for a log: the three holders that have held slots longest, with their start times in local time."""
    if not holders:
        return "the server has no event that names the holders"
    longest = sorted(holders, key=lambda holder: holder.since)
    named = [
        f"{holder.name} ({count_slots(holder.slots)}, since {holder.since.astimezone():%Y-%m-%d %H:%M:%S})"
        for holder in longest[:_NAMED]
    ]
    more = [f"{len(holders) - _NAMED} more"] if len(holders) > _NAMED else []
    return f"held by {', '.join(named + more)}"


def count_slots(number: int) -> str:
    return "1 slot" if number == 1 else f"{number} slots"
