"""What is wrong with a pool's slots: who holds them, which are leaked, which can't be explained. Pure.

A slot is leaked when the server counts it as taken and no lease will ever give it back: a server that keeps its leases
in memory forgets them when it is restarted, and goes on counting.

The counter is one number, and tells nobody's name. So a slot counts as leaked only when all of this is so: the counter
has more slots than those who are alive hold; somebody took it and never gave it back; the lease is gone; and who took
it has ended. A process that was killed leaves the last three behind as well when its lease ended in the ordinary way.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from shlex import quote

from .pool_evidence import FOREIGN_LEASE, LEASE, Diagnosis, Evidence, Finding, LimitState, ServerFacts, lease_may_last
from .pool_history import Acquisition

# Clocks of different machines, and what passes between an event and the server's part of it.
_SKEW = timedelta(seconds=5)


def diagnose(
    limit: LimitState, evidence: Sequence[Evidence], server: ServerFacts, now: datetime, *, complete: bool
) -> Diagnosis:
    """What is wrong with a limit.

    Args:
        limit: The limit, read at least as long before the events as the server keeps them back.
        evidence: What is known of each acquisition, newest first: the open ones, and those that were given back after
            the limit was read.
        server: The server's settings.
        now: The time.
        complete: Whether all events were read; else holders may be missing.
    """
    if not limit.active:
        return Diagnosis(limit, (_inactive(limit),))
    counted = [found for found in evidence if _was_counted(found.acquisition, limit)]
    suspects: list[Evidence] = []
    findings: list[Finding] = [_no_slots(limit)] if limit.slots == 0 else []
    alive = unclear = lost = 0
    for found in counted:
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
    leaked = _leaked(suspects, limit, excess, reserved=lost + unclear, complete=complete)
    findings += leaked
    rest = excess - sum(finding.slots for finding in leaked) - lost
    if rest > 0:
        findings.append(_unexplained(limit, rest, unclear, complete=complete))
    return Diagnosis(limit, tuple(findings))


def server_findings(server: ServerFacts) -> tuple[Finding, ...]:
    """What the server's settings mean for every pool."""
    findings = []
    if server.leases_in_memory:
        findings.append(
            Finding(
                "memory-leases",
                "",
                "the server keeps its leases in memory: a restart forgets them, and the slots that are held then stay "
                "taken for good",
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
                "the server never looks for leases that have ended: the slots of a killed process stay taken",
                next=f"set {setting}_ENABLED=true where the server runs",
            )
        )
    elif server.repossessor > 5:
        findings.append(
            Finding(
                "slow-repossessor",
                "",
                f"the slots of a killed process are free after up to {60 + server.repossessor:g} s",
                next=f"for less, set {setting}_LOOP_SECONDS=5 where the server runs",
            )
        )
    return tuple(findings)


def _was_counted(acquisition: Acquisition, limit: LimitState) -> bool:
    """Whether its slots may be in the counter: taken before that was read, and not given back before."""
    if acquisition.counted_since > limit.read_at + _SKEW:
        return False
    return acquisition.until is None or acquisition.until >= limit.read_at - _SKEW


def _living(found: Evidence, limit: LimitState, server: ServerFacts, now: datetime) -> Finding | None:
    """The finding for slots that somebody uses, or whose lease will end; None for all others."""
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
    reason = "the server has dropped its lease while it goes on: others may run beside it"
    advice = "let it end, or cancel it; its slots are not given back by force"
    return Finding("lost", limit.name, reason, found.acquisition.slots, advice, found.acquisition)


def _ending(found: Evidence, limit: LimitState, until: datetime) -> Finding:
    reason = f"{found.ended}; its lease ends by itself"
    return Finding("ending", limit.name, reason, found.acquisition.slots, holder=found.acquisition, until=until)


def _is_suspect(found: Evidence, server: ServerFacts, now: datetime) -> bool:
    if not found.ended:
        return False
    if found.acquisition.ours:
        return found.lease == "gone"
    until = lease_may_last(found, server)
    return until is not None and now >= until


def _leaked(
    suspects: Sequence[Evidence], limit: LimitState, excess: int, *, reserved: int, complete: bool
) -> list[Finding]:
    """The suspects' slots that are proved to be leaked: never more than the counter has beyond the living."""

    def untouched(found: Evidence) -> bool:
        return limit.updated < found.acquisition.counted_since + LEASE

    findings = []
    left = excess
    for found in filter(untouched, suspects):
        if found.acquisition.slots <= left:
            left -= found.acquisition.slots
            findings.append(_leak(found, limit, "and nobody has changed the counter since"))
    # Who holds slots unseen comes before who is suspected.
    left = left - reserved if complete else 0
    for found in suspects:
        if not untouched(found) and found.acquisition.slots <= left:
            left -= found.acquisition.slots
            findings.append(_leak(found, limit, "and the counter has more than all who are alive hold"))
    return findings


def _leak(found: Evidence, limit: LimitState, proof: str) -> Finding:
    lease = "its lease is gone" if found.acquisition.ours else "its lease has ended"
    return Finding(
        "leaked",
        limit.name,
        f"{found.ended}, {lease}, {proof}",
        found.acquisition.slots,
        f"airflow-compat pools doctor --release {quote(limit.name)}",
        found.acquisition,
    )


def _unexplained(limit: LimitState, slots: int, unclear: int, *, complete: bool) -> Finding:
    if not complete:
        reason = "taken by somebody that isn't known: there are too many events to read all"
    elif unclear:
        reason = f"taken, perhaps by holders that can't be asked ({unclear}), such as scripts outside any run"
    else:
        reason = "taken by somebody that no event names, or whose events are too old"
    advice = (
        f"when nothing that uses the pool runs: `prefect gcl update {quote(limit.name)} --active-slots 0`, which also "
        "takes the slots of all who do"
    )
    return Finding("unexplained", limit.name, reason, slots, advice)


def _inactive(limit: LimitState) -> Finding:
    reason = "the limit is inactive: it limits nothing, and slots that are given back meanwhile stay counted"
    return Finding("inactive", limit.name, reason, limit.active_slots, f"prefect gcl enable {quote(limit.name)}")


def _no_slots(limit: LimitState) -> Finding:
    advice = f"prefect gcl update {quote(limit.name)} --limit N"
    return Finding("no-slots", limit.name, "the limit is 0: nobody is let in", 0, advice)
