"""Diagnosis of a pool's slots. Above all: a slot in use is never released."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_compat.pools._diagnosis import diagnose, server_findings
from airflow_compat.pools._evidence import Evidence, LimitState, ServerFacts
from airflow_compat.pools._history import Acquisition, Run

NOW = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
SERVER = ServerFacts()
RUN = Run("flow-run", "r1", "etl")


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def limit(active_slots: int, *, slots: int = 5, updated: datetime | None = None, active: bool = True) -> LimitState:
    return LimitState("id", "warehouse", slots, active, active_slots, updated or ago(1), ago(10))


def taken(
    name: str = "a", *, slots: int = 1, since: float = 3600, ours: bool = True, run: Run | None = RUN
) -> Acquisition:
    return Acquisition(name, slots, ago(since), ago(since), None, f"L-{name}" if ours else "", run, run, "h", 7)


DEAD = Evidence(taken(), "gone", process="dead")
ALIVE = Evidence(taken(), "alive", run="going-on")


def kinds(active: LimitState, *evidence: Evidence, complete: bool = True) -> list[tuple[str, int]]:
    diagnosis = diagnose(active, evidence, SERVER, NOW, complete=complete)
    return [(finding.kind, finding.slots) for finding in diagnosis.findings]


def test_slots_with_a_living_lease_are_held() -> None:
    assert kinds(limit(1), ALIVE) == [("held", 1)]


@pytest.mark.parametrize(
    "evidence",
    [DEAD, Evidence(taken(), "gone", "ended", ago(600), "Crashed")],
    ids=["the holder's process is gone", "the holder's run has ended"],
)
def test_counted_slots_without_lease_and_holder_are_leaked(evidence: Evidence) -> None:
    diagnosis = diagnose(limit(1), [evidence], SERVER, NOW, complete=True)
    assert diagnosis.leaked_slots == 1
    assert "the lease is gone" in diagnosis.leaked[0].reason
    assert "--release warehouse" in diagnosis.leaked[0].next


def test_killed_holder_with_ended_lease_is_no_finding() -> None:
    assert kinds(limit(0), DEAD) == []
    assert kinds(limit(1), DEAD, ALIVE) == [("held", 1)]


def test_running_holder_without_lease_is_lost_not_leaked() -> None:
    going_on = Evidence(taken(), "gone", "going-on")
    assert kinds(limit(1), going_on) == [("lost", 1)]
    assert kinds(limit(0), going_on) == [("lost", 1)]
    # One slot is counted: it may be the one of who goes on.
    assert kinds(limit(1), going_on, DEAD) == [("lost", 1)]
    assert kinds(limit(2), going_on, DEAD) == [("lost", 1), ("leaked", 1)]


def test_holder_on_another_machine_is_not_released() -> None:
    unknown = Evidence(taken(run=None), "gone")
    assert kinds(limit(1), unknown) == [("unexplained", 1)]
    assert kinds(limit(1), unknown, DEAD) == [("unexplained", 1)]


def test_ended_run_with_living_process_is_not_released() -> None:
    thread = Evidence(taken(), "gone", "ended", ago(600), process="alive")
    assert kinds(limit(1), thread) == [("unexplained", 1)]


def test_unchanged_counter_proves_a_leak() -> None:
    unknown = Evidence(taken("b", run=None), "gone")
    touched = limit(1, updated=ago(3500))
    untouched = limit(1, updated=ago(3599))
    assert kinds(touched, unknown, DEAD) == [("unexplained", 1)]
    diagnosis = diagnose(untouched, [unknown, DEAD], SERVER, NOW, complete=True)
    assert "the counter has not changed since" in diagnosis.leaked[0].reason
    assert kinds(untouched, DEAD, complete=False) == [("leaked", 1)]


def test_incomplete_history_yields_no_leak() -> None:
    assert kinds(limit(1), DEAD, complete=False) == [("unexplained", 1)]


def test_changes_after_the_counter_was_read_are_accounted_for() -> None:
    given_back = Evidence(replace(taken("b"), until=ago(9)))
    assert kinds(limit(1), given_back, DEAD) == []
    taken_since = Evidence(taken("b", since=1), "alive", "going-on")
    assert kinds(limit(1), taken_since, DEAD) == [("leaked", 1)]


def test_lease_of_a_just_ended_run_is_ending() -> None:
    ended = Evidence(taken(), "unasked", "ended", ago(20))
    diagnosis = diagnose(limit(1), [ended], SERVER, NOW, complete=True)
    (finding,) = diagnosis.findings
    assert (finding.kind, finding.until, finding.is_problem) == ("ending", NOW + timedelta(seconds=55), False)
    assert kinds(limit(1), Evidence(taken(), "alive", process="dead")) == [("ending", 1)]


def test_holders_of_prefects_own_concurrency() -> None:
    own = taken(ours=False)
    assert kinds(limit(1), Evidence(own, run="going-on")) == [("held", 1)]
    assert kinds(limit(1), Evidence(own, run="ended", run_ended=ago(299))) == [("ending", 1)]
    assert kinds(limit(1), Evidence(own, run="ended", run_ended=ago(316))) == [("leaked", 1)]
    assert kinds(limit(0), Evidence(own, run="ended", run_ended=ago(316))) == []
    # A script has no run to ask for: its lease may have been renewed.
    assert kinds(limit(1), Evidence(taken(ours=False, run=None, since=60))) == [("held", 1)]
    assert kinds(limit(1), Evidence(taken(ours=False, run=None))) == [("unexplained", 1)]


def test_inactive_and_zero_limits_are_problems() -> None:
    assert kinds(limit(1, active=False), DEAD) == [("inactive", 1)]
    assert kinds(limit(0, slots=0)) == [("no-slots", 0)]


def test_server_settings() -> None:
    assert server_findings(ServerFacts(repossessor=5)) == ()
    memory, slow = server_findings(ServerFacts(leases_in_memory=True, repossessor=15))
    assert "lease_storage.filesystem" in memory.next
    assert "75 s" in slow.reason
    assert not memory.is_problem
    assert not slow.is_problem
    (never,) = server_findings(ServerFacts(repossessor=None))
    assert "never searches" in never.reason


def test_finding_as_json() -> None:
    (finding,) = diagnose(limit(1), [DEAD], SERVER, NOW, complete=True).findings
    shown = finding.as_dict()
    assert (shown["kind"], shown["pool"], shown["run_id"], shown["problem"]) == ("leaked", "warehouse", "r1", True)


@dataclass(frozen=True)
class Holder:
    """A holder with its true condition.

    living: uses its slots. without-lease: uses its slots, and a restart lost the lease. killed: the lease ended, and
    the counter was lowered. leaked: a restart lost the lease, and the holder is gone.
    """

    slots: int
    truth: str
    ours: bool
    # Whether its end, or its going on, can be seen.
    visible: bool
    since: int


holders = st.lists(
    st.builds(
        Holder,
        st.integers(1, 3),
        st.sampled_from(["living", "without-lease", "killed", "leaked"]),
        st.booleans(),
        st.booleans(),
        st.integers(400, 100_000),
    ),
    max_size=8,
)


def evidence_of(number: int, holder: Holder) -> Evidence:
    visible = holder.visible
    run = RUN if visible else None
    acquisition = taken(str(number), slots=holder.slots, since=holder.since, ours=holder.ours, run=run)
    lease: Literal["alive", "gone", "unasked"] = "unasked"
    if holder.ours:
        lease = "alive" if holder.truth == "living" else "gone"
    if not visible:
        return Evidence(acquisition, lease)
    if holder.truth in ("living", "without-lease"):
        return Evidence(acquisition, lease, "going-on")
    return Evidence(acquisition, lease, "ended", ago(350), "Crashed")


def slots_of(found: list[Holder], *truths: str) -> int:
    return sum(holder.slots for holder in found if holder.truth in truths)


@given(holders, st.booleans())
def test_only_truly_leaked_slots_are_released(found: list[Holder], complete: bool) -> None:
    """The counter has the slots of all except the killed holders, whose leases ended. All holders sent events."""
    counter = slots_of(found, "living", "without-lease", "leaked")
    evidence = [evidence_of(number, holder) for number, holder in enumerate(found)]
    diagnosis = diagnose(limit(counter, slots=99), evidence, SERVER, NOW, complete=complete)
    assert diagnosis.leaked_slots <= slots_of(found, "leaked")
    assert counter - diagnosis.leaked_slots >= slots_of(found, "living", "without-lease")


@given(holders.map(lambda found: [replace(holder, slots=1, visible=True) for holder in found]))
def test_all_leaked_slots_are_found_with_full_evidence(found: list[Holder]) -> None:
    counter = slots_of(found, "living", "without-lease", "leaked")
    evidence = [evidence_of(number, holder) for number, holder in enumerate(found)]
    diagnosis = diagnose(limit(counter, slots=99), evidence, SERVER, NOW, complete=True)
    assert diagnosis.leaked_slots == slots_of(found, "leaked")


@given(holders, st.integers(0, 30))
def test_leaked_slots_never_exceed_the_counters_excess(found: list[Holder], counter: int) -> None:
    evidence = [evidence_of(number, holder) for number, holder in enumerate(found)]
    diagnosis = diagnose(limit(counter, slots=99), evidence, SERVER, NOW, complete=True)
    excess = max(0, counter - sum(finding.slots for finding in diagnosis.findings if finding.kind == "held"))
    unexplained = sum(finding.slots for finding in diagnosis.findings if finding.kind == "unexplained")
    assert diagnosis.leaked_slots + unexplained <= excess
