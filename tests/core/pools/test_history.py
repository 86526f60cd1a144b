"""Pairs a pool's events into holders and waiters."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from airflow_compat.pools._history import Acquisition, Pairing, PoolEvent, Run, count_waiters

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
RUN = Run("flow-run", "r1", "etl")
OTHER_RUN = Run("flow-run", "r2", "report")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def acquired(id_: str, seconds: float, lease: str = "", run: Run | None = RUN, slots: int = 1) -> PoolEvent:
    return PoolEvent(id_, "acquired", at(seconds), slots, lease, run, run, "h", 7)


def released(
    seconds: float, *, lease: str = "", follows: str = "", handed_over: bool = False, run: Run | None = RUN
) -> PoolEvent:
    return PoolEvent("", "released", at(seconds), 1, lease, run, run, "h", 7, follows, handed_over)


def pair(*events: PoolEvent) -> tuple[Acquisition, ...]:
    pairing = Pairing()
    for event in sorted(events, key=lambda event: event.occurred, reverse=True):
        pairing.add(event)
    assert pairing.open_slots() == sum(found.slots for found in pairing.acquisitions() if not found.until)
    return pairing.acquisitions()


def open_ids(*events: PoolEvent) -> list[str]:
    return [found.event_id for found in pair(*events) if found.until is None]


def test_a_lease_is_open_until_it_is_released() -> None:
    (found,) = pair(acquired("a", 0, "L"))
    assert (found.ours, found.until, found.run, found.since) == (True, None, RUN, START)
    (found,) = pair(acquired("a", 0, "L"), released(9, lease="L"))
    assert found.until == at(9)


def test_handed_over_lease_belongs_to_its_last_holder() -> None:
    events = [
        acquired("a", 0, "L"),
        released(5, lease="L", follows="a", handed_over=True),
        acquired("b", 5.1, "L", OTHER_RUN),
    ]
    (found,) = pair(*events)
    assert (found.event_id, found.run, found.counted_since) == ("b", OTHER_RUN, START)
    assert pair(*events, released(9, lease="L"))[0].until == at(9)


def test_events_of_a_handover_may_arrive_swapped() -> None:
    events = [
        acquired("a", 0, "L"),
        acquired("b", 5, "L", OTHER_RUN),
        released(5.1, lease="L", follows="a", handed_over=True),
    ]
    (found,) = pair(*events)
    assert (found.event_id, found.run) == ("b", OTHER_RUN)


def test_lease_handed_to_a_silent_holder_has_no_run() -> None:
    (found,) = pair(acquired("a", 0, "L"), released(5, lease="L", follows="a", handed_over=True))
    assert (found.run, found.flow_run, found.pid, found.until) == (None, None, 7, None)
    # After five minutes the event doesn't say any more what it follows.
    (found,) = pair(acquired("a", 0, "L"), released(500, lease="L", handed_over=True))
    assert found.run is None


def test_prefects_own_holds_are_paired_by_follows() -> None:
    assert open_ids(acquired("a", 0), acquired("b", 1), released(2, follows="a")) == ["b"]


def test_prefects_own_long_holds_are_paired_by_run() -> None:
    assert open_ids(acquired("a", 0), released(301)) == []
    assert open_ids(acquired("a", 0), released(301, run=OTHER_RUN)) == ["a"]
    assert open_ids(acquired("a", 0, slots=2), released(301)) == ["a"]
    # One end for one beginning.
    assert len(open_ids(acquired("a", 0), acquired("b", 1), released(302))) == 1
    # So soon, it would say what it follows.
    assert open_ids(acquired("a", 0), released(10)) == ["a"]


@given(st.lists(st.tuples(st.integers(1, 900), st.booleans(), st.booleans()), max_size=12))
def test_ended_holds_are_closed_and_others_open(holds: list[tuple[int, bool, bool]]) -> None:
    """Holds of some length, of this package or of Prefect, ended or not, each in its own run."""
    events, expected = [], set()
    for number, (length, ours, ends) in enumerate(holds):
        lease, run = (f"L{number}" if ours else ""), Run("task-run", f"r{number}", "")
        events.append(acquired(f"e{number}", number, lease, run))
        if ends:
            follows = f"e{number}" if length < 300 else ""
            events.append(released(number + length, lease=lease, follows=follows, run=run))
        else:
            expected.add(f"e{number}")
    assert set(open_ids(*events)) == expected


def waiting(seconds: float, pid: int = 7, waiters: int = 1) -> PoolEvent:
    return PoolEvent("", "waiting", at(seconds), 2, run=RUN, host="h", pid=pid, waiters=waiters)


def waiters(*events: PoolEvent, now: float) -> int:
    return count_waiters(sorted(events, key=lambda event: event.occurred, reverse=True), at(now))


def test_latest_waiting_event_of_each_process_counts() -> None:
    assert waiters(waiting(0), waiting(2), waiting(4, waiters=3), now=5) == 3
    assert waiters(waiting(0, pid=8), waiting(1), now=2) == 2


def test_silent_and_served_processes_are_not_waiting() -> None:
    assert waiters(waiting(0), now=60) == 0
    assert waiters(waiting(0), acquired("a", 1, "L"), now=2) == 0
    assert waiters(waiting(0, waiters=2), acquired("a", 1, "L"), now=2) == 2
