"""Diagnoses a pool's slots: finds holders, leaked slots, and taken slots that nothing explains.

A slot is leaked if the server counts it as taken and no lease will release it. A restart of the server leaks slots if
the server keeps leases in memory: the leases are lost, but the counter of taken slots stays.

So a slot is reported as leaked only if the counter exceeds the slots of the living holders, an acquisition was never
released, its lease is gone, and its holder has ended. The last three conditions are also true for a killed process
whose lease ended normally.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from shlex import quote

from ._evidence import FOREIGN_LEASE, LEASE, Diagnosis, Evidence, Finding, LimitState, ServerFacts, lease_may_last
from ._history import Acquisition

# Allows for differences between clocks, and for the delay between an event and the change of the counter.
_SKEW = timedelta(seconds=5)


def diagnose(
    limit: LimitState, evidence: Sequence[Evidence], server: ServerFacts, now: datetime, *, complete: bool
) -> Diagnosis:
    """Diagnose one limit.

    Read the limit first, and the events after a pause, because the server may hold back events. `evidence` has the
    acquisitions that were not released before the limit was read, newest first. If `complete` is False, holders may be
    missing.
    """
    if not limit.active:
        inactive = Finding(
            "inactive",
            limit.name,
            "the limit is inactive: it has no effect, and slots that are released now stay counted",
            limit.active_slots,
            f"prefect gcl enable {quote(limit.name)}",
        )
        return Diagnosis(limit, (inactive,))
    suspects: list[Evidence] = []
    findings: list[Finding] = []
    if limit.slots == 0:
        advice = f"prefect gcl update {quote(limit.name)} --limit N"
        findings.append(Finding("no-slots", limit.name, "the limit is 0: every request waits", next=advice))
    alive = unclear = lost = 0
    for found in (found for found in evidence if _was_counted(found.acquisition, limit)):
        finding = _living(found, limit, server, now)
        if finding and finding.kind == "lost":
            lost += found.acquisition.slots
        elif finding:
            alive += found.acquisition.slots
        elif _is_suspect(found, server, now):
            suspects.append(found)
        else:
            unclear += found.acquisition.slots
        if finding and found.acquisition.until is None:
            findings.append(finding)
    excess = limit.active_slots - alive
    leaked = list(_leaked(suspects, limit, excess, reserved=lost + unclear, complete=complete))
    findings += leaked
    rest = excess - sum(finding.slots for finding in leaked) - lost
    if rest > 0:
        findings.append(_unexplained(limit, rest, unclear, complete=complete))
    return Diagnosis(limit, tuple(findings))


def server_findings(server: ServerFacts) -> tuple[Finding, ...]:
    """Return the findings about the server's settings."""
    findings = []
    if server.leases_in_memory:
        findings.append(
            Finding(
                "memory-leases",
                "",
                "the server keeps its leases in memory: a restart loses the leases, and the slots held at that time "
                "stay taken permanently",
                next="set PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE="
                "prefect.server.concurrency.lease_storage.filesystem where the server runs",
            )
        )
    setting = "PREFECT_SERVER_SERVICES_REPOSSESSOR"
    if server.repossessor is None:
        findings.append(
            Finding(
                "slow-repossessor",
                "",
                "the server never searches for ended leases: the slots of a killed process stay taken",
                next=f"set {setting}_ENABLED=true where the server runs",
            )
        )
    elif server.repossessor > 5:
        findings.append(
            Finding(
                "slow-repossessor",
                "",
                f"the slots of a killed process stay taken for up to {60 + server.repossessor:g} s",
                next=f"for a shorter time, set {setting}_LOOP_SECONDS=5 where the server runs",
            )
        )
    return tuple(findings)


def _was_counted(acquisition: Acquisition, limit: LimitState) -> bool:
    """Return True if the counter may include these slots."""
    if acquisition.counted_since > limit.read_at + _SKEW:
        return False
    return acquisition.until is None or acquisition.until >= limit.read_at - _SKEW


def _living(found: Evidence, limit: LimitState, server: ServerFacts, now: datetime) -> Finding | None:
    """Return the finding for slots that are in use or whose lease will end; None for other slots."""
    holder = found.acquisition
    held = Finding("held", limit.name, "held", holder.slots, holder=holder)
    if holder.until is not None:
        return held
    if found.lease == "gone":
        return _without_lease(found, limit)
    if found.ended:
        until = now + LEASE + server.sweep if found.lease == "alive" else lease_may_last(found, server)
        return _ending(found, limit, until) if until and now < until else None
    is_old = now - holder.since > FOREIGN_LEASE + server.sweep
    return None if is_old and not holder.ours and holder.run is None else held


def _without_lease(found: Evidence, limit: LimitState) -> Finding | None:
    goes_on = found.process == "alive" if found.run == "unknown" else found.run == "going-on"
    if found.ended or not goes_on:
        return None
    return Finding(
        "lost",
        limit.name,
        "the server dropped the lease of a holder that still runs: other code may run at the same time",
        found.acquisition.slots,
        "let the holder end, or cancel it; the doctor does not release its slots",
        found.acquisition,
    )


def _ending(found: Evidence, limit: LimitState, until: datetime) -> Finding:
    return Finding(
        "ending",
        limit.name,
        f"{found.ended}; the holder's lease ends by itself",
        found.acquisition.slots,
        holder=found.acquisition,
        until=until,
    )


def _is_suspect(found: Evidence, server: ServerFacts, now: datetime) -> bool:
    if not found.ended:
        return False
    if found.acquisition.ours:
        return found.lease == "gone"
    until = lease_may_last(found, server)
    return until is not None and now >= until


def _leaked(
    suspects: Sequence[Evidence], limit: LimitState, excess: int, *, reserved: int, complete: bool
) -> Iterator[Finding]:
    """Yield findings for the suspected holders' slots that are certainly leaked, at most `excess` in total."""

    def untouched(found: Evidence) -> bool:
        return limit.updated < found.acquisition.counted_since + LEASE

    left = excess
    for found in filter(untouched, suspects):
        if found.acquisition.slots <= left:
            left -= found.acquisition.slots
            yield _leak(found, limit, "and the counter has not changed since")
    # Subtract the slots that may belong to holders that can't be checked, or to holders that lost their lease.
    left = left - reserved if complete else 0
    for found in suspects:
        if not untouched(found) and found.acquisition.slots <= left:
            left -= found.acquisition.slots
            yield _leak(found, limit, "and the counter exceeds the slots of all living holders")


def _leak(found: Evidence, limit: LimitState, proof: str) -> Finding:
    return Finding(
        "leaked",
        limit.name,
        f"{found.ended}, the lease {'is gone' if found.acquisition.ours else 'has ended'}, {proof}",
        found.acquisition.slots,
        f"airflow-compat pools doctor --release {quote(limit.name)}",
        found.acquisition,
    )


def _unexplained(limit: LimitState, slots: int, unclear: int, *, complete: bool) -> Finding:
    if not complete:
        reason = "taken by an unknown holder: there are too many events to read all of them"
    elif unclear:
        reason = (
            f"taken; holders that can't be checked, such as scripts outside a Prefect run, may have {unclear} slots"
        )
    else:
        reason = "taken by a holder that has no events, or whose events are too old"
    return Finding(
        "unexplained",
        limit.name,
        reason,
        slots,
        f"stop all code that uses the pool, then run `prefect gcl update {quote(limit.name)} --active-slots 0`, which "
        "frees all slots, also those in use",
    )
