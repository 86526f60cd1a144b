"""Every pool with its slots, who holds them and who waits: what `read` and `airflow-compat pools list` show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from .._prefect.pool_history import read_acquisitions, read_waits, resource_url
from .._prefect.pool_states import Prober, read_pool_limits, read_server_facts
from .._specs.pool_evidence import Evidence, ServerFacts, lease_may_last
from .._specs.pool_history import Acquisition, Wait

_PAGES = 10


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
        waits: The processes that wait with `pool()`, the longest first.
    """

    name: str
    slots: int
    held: int
    active: bool
    holders: tuple[Acquisition, ...] = ()
    waits: tuple[Wait, ...] = ()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(wait.waiters for wait in self.waits)

    @property
    def unnamed(self) -> int:
        """How many slots are taken by nobody that is known."""
        return max(0, self.held - sum(holder.slots for holder in self.holders))

    def as_dict(self) -> dict[str, Any]:
        """The pool for JSON."""
        return {
            "pool": self.name,
            "slots": self.slots,
            "held": self.held,
            "active": self.active,
            "waiting": self.waiting,
            "holders": [
                {
                    "holder": str(holder),
                    "slots": holder.slots,
                    "since": holder.since.isoformat(),
                    "url": holder_url(holder),
                    "host": holder.host,
                    "pid": holder.pid,
                }
                for holder in self.holders
            ],
        }


def read(*names: str) -> tuple[PoolState, ...]:
    """Read every pool: all global concurrency limits but those for tags and deployments, and rate limits.

    Nothing is changed, and no lease is asked for: this may be called as often as you like.

    Args:
        names: The pools to read; all when there are none.

    Raises:
        PoolNotReadyError: One of the pools doesn't exist.
        ServerError: The server can't be asked.
    """
    return read_states(names)


def read_states(names: Sequence[str], server: ServerFacts | None = None) -> tuple[PoolState, ...]:
    """The same, for somebody who asks again and again and knows the server's settings."""
    server = server or read_server_facts()
    prober = Prober(server)
    states = []
    for limit in read_pool_limits(names):
        state = PoolState(limit.name, limit.slots, limit.active_slots, limit.active)
        if limit.active_slots:
            history = read_acquisitions(limit.id, slots=limit.active_slots, pages=_PAGES)
            evidence = prober.evidence(history.open, ask_leases=False)
            now = datetime.now(timezone.utc)
            holders = tuple(found.acquisition for found in evidence if _may_hold(found, server, now))
            # Only who finds slots taken waits for long.
            state = replace(state, holders=holders, waits=read_waits(limit.id))
        states.append(state)
    return tuple(states)


def holder_url(holder: Acquisition) -> str:
    """The page of the holder's run in Prefect's UI; empty outside a run."""
    return resource_url(holder.run.kind, holder.run.id) if holder.run else ""


def _may_hold(found: Evidence, server: ServerFacts, now: datetime) -> bool:
    """Not so for a run that ended so long ago that its lease has, too."""
    until = lease_may_last(found, server)
    return until is None or now < until
