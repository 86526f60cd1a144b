"""What is known of a pool's limit, of those who took its slots and of its server, and what follows from it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from .pool_history import Acquisition

LEASE = timedelta(seconds=60)
"""How long our leases last unless they are renewed, and the shortest that a server grants."""
FOREIGN_LEASE = timedelta(seconds=300)
"""How long those of Prefect's own `concurrency()` last, unless it is told otherwise."""

Kind: TypeAlias = Literal[
    "held", "ending", "lost", "leaked", "unexplained", "inactive", "no-slots", "memory-leases", "slow-repossessor"
]
PROBLEMS: frozenset[Kind] = frozenset({"lost", "leaked", "unexplained", "inactive", "no-slots"})


@dataclass(frozen=True)
class ServerFacts:
    """What the server's settings say.

    Attributes:
        leases_in_memory: Whether a restart forgets the leases.
        repossessor: How often, in seconds, it looks for leases that have ended; None when it never does.
        flush: How long, in seconds, it may keep events before they can be read.
    """

    leases_in_memory: bool = False
    repossessor: float | None = 15.0
    flush: float = 5.0

    @property
    def sweep(self) -> timedelta:
        """How long after its end a lease's slots may still be counted."""
        return timedelta(seconds=self.repossessor or 0)


@dataclass(frozen=True)
class LimitState:
    """A limit as the server has it at one moment.

    Attributes:
        active_slots: The counter.
        updated: When anything about the limit was last changed, its counter included.
        read_at: When this was read.
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
    """What was found out about one acquisition.

    Attributes:
        lease: Whether the server knows the lease; "unasked" also for those that can't be asked for.
        run: Whether the run has ended; "unknown" also where there is none.
        run_ended: When it ended.
        run_state: The name of its state.
        process: Whether the process lives; "elsewhere" when it isn't on this machine.
    """

    acquisition: Acquisition
    lease: Literal["alive", "gone", "unasked"] = "unasked"
    run: Literal["going-on", "ended", "unknown"] = "unknown"
    run_ended: datetime | None = None
    run_state: str = ""
    process: Literal["alive", "dead", "elsewhere"] = "elsewhere"

    @property
    def ended(self) -> str:
        """Why nobody can be using the slots any more, in words; empty where somebody may."""
        if self.process == "dead":
            return f"its process {self.acquisition.pid} on this machine is gone"
        if self.run == "ended" and self.process != "alive":
            return f"its run has ended ({self.run_state})" if self.run_state else "its run has ended"
        return ""


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        pool: The limit's name; empty for what concerns the server.
        slots: How many slots it is about.
        reason: What is so, in words.
        next: What to do; empty where there is nothing to do.
        holder: Who took the slots.
        until: When it ends by itself.
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
        """Whether somebody should do something."""
        return self.kind in PROBLEMS

    def as_dict(self) -> dict[str, Any]:
        """The finding for JSON."""
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
    """What was found about one limit."""

    limit: LimitState
    findings: tuple[Finding, ...]

    @property
    def leaked(self) -> tuple[Finding, ...]:
        """The slots that can be given back."""
        return tuple(finding for finding in self.findings if finding.kind == "leaked")

    @property
    def leaked_slots(self) -> int:
        """How many they are."""
        return sum(finding.slots for finding in self.leaked)


def lease_may_last(evidence: Evidence, server: ServerFacts) -> datetime | None:
    """Until when the slots of a run that has ended may be counted; None when it hasn't, or that isn't known."""
    if not evidence.ended or evidence.run_ended is None:
        return None
    lease = LEASE if evidence.acquisition.ours else FOREIGN_LEASE
    return evidence.run_ended + lease + server.sweep
