"""Data classes for the diagnosis of a pool."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from ._history import Acquisition

LEASE = timedelta(seconds=60)
"""The duration of this package's leases: the shortest that a server grants."""
FOREIGN_LEASE = timedelta(seconds=300)
"""The default lease duration of Prefect's own `concurrency()`."""

Kind: TypeAlias = Literal[
    "held", "ending", "lost", "leaked", "unexplained", "inactive", "no-slots", "memory-leases", "slow-repossessor"
]


@dataclass(frozen=True)
class ServerFacts:
    """The server settings that a diagnosis needs.

    Attributes:
        leases_in_memory: Whether a restart of the server loses leases.
        repossessor: Seconds between two searches for ended leases; None if the server never searches.
        flush: The longest time in seconds for which the server may hold back events.
    """

    leases_in_memory: bool = False
    repossessor: float | None = 15.0
    flush: float = 5.0

    @property
    def sweep(self) -> timedelta:
        """Return how long the slots of an ended lease may still count as taken."""
        return timedelta(seconds=self.repossessor or 0)


@dataclass(frozen=True)
class LimitState:
    """A concurrency limit as it was on the server when it was read.

    Attributes:
        active_slots: The server's counter of taken slots.
        updated: When the limit or its counter last changed.
        read_at: When this state was read.
    """

    id: str
    name: str
    slots: int
    active: bool
    active_slots: int
    updated: datetime
    read_at: datetime


@dataclass(frozen=True)
class Evidence:
    """The facts about one acquisition of slots, for a diagnosis.

    Attributes:
        lease: Whether the server still has the lease; "unasked" if unknown.
        run: Whether the holder's run has ended; "unknown" also if the slots were taken outside a run.
        process: Whether the holder's process is alive; "elsewhere" if the process is unknown or runs on another
            machine.
    """

    acquisition: Acquisition
    lease: Literal["alive", "gone", "unasked"] = "unasked"
    run: Literal["going-on", "ended", "unknown"] = "unknown"
    run_ended: datetime | None = None
    run_state: str = ""
    process: Literal["alive", "dead", "elsewhere"] = "elsewhere"

    @property
    def ended(self) -> str:
        """Return the reason why the slots can't be in use; empty if the slots may be in use."""
        if self.process == "dead":
            return f"the holder's process {self.acquisition.pid} on this machine is gone"
        if self.run == "ended" and self.process != "alive":
            return f"the holder's run has ended ({self.run_state})" if self.run_state else "the holder's run has ended"
        return ""


@dataclass(frozen=True)
class Finding:
    """One result of a diagnosis.

    Attributes:
        pool: The limit's name; empty for findings about the server.
        next: The next step; empty if there is none.
        until: When the slots of a lease that will end become free; None for other findings.
    """

    kind: Kind
    pool: str
    reason: str
    slots: int = 0
    next: str = ""
    holder: Acquisition | None = None
    until: datetime | None = None

    @property
    def is_problem(self) -> bool:
        return self.kind in ("lost", "leaked", "unexplained", "inactive", "no-slots")

    def as_dict(self) -> dict[str, Any]:
        run = self.holder.run if self.holder else None
        return {
            "kind": self.kind,
            "pool": self.pool,
            "slots": self.slots,
            "problem": self.is_problem,
            "reason": self.reason,
            "next": self.next,
            "holder": str(self.holder) if self.holder else "",
            "run_id": run.id if run else "",
            "since": self.holder.since.isoformat() if self.holder else "",
            "until": self.until.isoformat() if self.until else "",
        }


@dataclass(frozen=True)
class Diagnosis:
    limit: LimitState
    findings: tuple[Finding, ...]

    @property
    def leaked(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.kind == "leaked")

    @property
    def leaked_slots(self) -> int:
        return sum(finding.slots for finding in self.leaked)


def lease_may_last(evidence: Evidence, server: ServerFacts) -> datetime | None:
    """Return the latest time at which an ended run's slots may count as taken; None if the run's end is unknown."""
    if not evidence.ended or evidence.run_ended is None:
        return None
    return evidence.run_ended + (LEASE if evidence.acquisition.ours else FOREIGN_LEASE) + server.sweep
