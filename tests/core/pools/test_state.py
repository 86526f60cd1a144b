"""A pool's state, and the text about its holders in logs."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow_compat.pools._state import PoolHolder, PoolState, held_by

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
HOLDERS = tuple(PoolHolder(f"run {hour}", hour, NOON + timedelta(hours=hour)) for hour in (4, 3, 2, 1))


def test_unnamed_slots() -> None:
    assert PoolState("warehouse", 20, 12, True, HOLDERS).unnamed == 2
    assert PoolState("warehouse", 20, 10, True, HOLDERS).unnamed == 0
    # Events come later than the count of slots.
    assert PoolState("warehouse", 20, 9, True, HOLDERS).unnamed == 0


def test_longest_holders_are_named() -> None:
    told = held_by(HOLDERS)
    since = [f"{holder.since.astimezone():%Y-%m-%d %H:%M:%S}" for holder in reversed(HOLDERS)]
    expected = ", ".join(f"run {n} ({n} slot{'s' * (n > 1)}, since {since[n - 1]})" for n in (1, 2, 3))
    assert told == f"held by {expected}, 1 more"
    assert held_by(()) == "the server has no event that names the holders"
