"""The text of recurrence rules, and cron expressions that may coincide."""

from __future__ import annotations

from datetime import datetime

import pytest

from airflow_compat.schedules._cron_entries import may_coincide
from airflow_compat.schedules._recurrence import rule, rule_time

WALL = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - a time of a clock on a wall


def test_a_rule() -> None:
    assert rule("DAILY") == "RRULE:FREQ=DAILY"
    assert rule("MONTHLY", interval=2, byhour=[1, 3], byday=None) == "RRULE:FREQ=MONTHLY;INTERVAL=2;BYHOUR=1,3"
    assert rule("WEEKLY", byday=["MO", "FR"], until=WALL) == "RRULE:FREQ=WEEKLY;BYDAY=MO,FR;UNTIL=20260102T030405"
    assert rule_time("DTSTART", WALL) == "DTSTART:20260102T030405"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("0 2 * * *", "0 2 * * *", True),
        ("0 2 * * *", "0 3 * * *", False),
        ("0 2 * * *", "30 2 * * *", False),
        ("0 2 * 1 *", "0 2 * 2 *", False),
        ("0 2 1 * *", "0 2 2 * *", False),
        ("0 2 1 * *", "0 2 1,2 * *", True),
        ("0 2 1 1 *", "0 2 2 1 *", False),
        ("0 2 * 1 1", "0 2 * 1 2", False),
        ("0 2 * * 1", "0 2 * * 2", False),
        ("0 2 * * 1", "0 2 * * 1-5", True),
        # The first of a month may be a Monday.
        ("0 2 1 * *", "0 2 * * 1", True),
        ("0 2 * * 1", "0 2 1 * *", True),
        # Either of the two restrictions makes a day.
        ("0 2 1 * 1", "0 2 2 * *", True),
        ("0 2 2 * *", "0 2 1 * 1", True),
        ("0 2 l * *", "0 2 30 * *", True),
        ("0 2 * * *", "0 2 * * * 30", False),
        ("0 2 * * * 30", "0 2 * * * 30", True),
    ],
)
def test_expressions_that_may_coincide(one: str, other: str, expected: bool) -> None:
    assert may_coincide(one, other) is expected
    assert may_coincide(other, one) is expected
