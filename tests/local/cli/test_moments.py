"""`--since`: how long ago, or a date."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from airflow_compat.cli._dates import moment_since
from airflow_compat.errors import InvalidEventError

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
        ("0m", timedelta(0)),
        ("2026-11-22T11:30:00Z", timedelta(hours=1)),
        ("2026-11-22T11:30:00+01:00", timedelta(hours=2)),
    ],
)
def test_a_time(text: str, ago: timedelta) -> None:
    assert moment_since(text, NOW) == NOW - ago


def test_a_date_is_of_this_machines_time_zone() -> None:
    assert moment_since("2026-11-01", NOW) == datetime(2026, 11, 1).astimezone()
    assert moment_since("2026-11-01", NOW).tzinfo is not None


@pytest.mark.parametrize(
    "text",
    ["", "7", "d", "7 d", "7days", "-7d", "1.5h", "\u0667d", "999999999w", "yesterday", "2026-13-01", "0001-01-01T00"],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidEventError, match="is not a time"):
        moment_since(text, NOW)


def test_the_future_is_refused() -> None:
    with pytest.raises(InvalidEventError, match="is in the future"):
        moment_since("2026-12-01", NOW)
