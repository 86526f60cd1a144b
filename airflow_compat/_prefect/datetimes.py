"""Converts Prefect's datetimes to the classes that Airflow uses, in UTC."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pendulum import DateTime


def plain(moment: datetime) -> datetime:
    """Return the moment as a plain datetime, whose text has the same form as in Airflow."""
    utc = moment.astimezone(timezone.utc)
    return datetime.combine(utc.date(), utc.time(), timezone.utc)


def in_pendulum(moment: datetime) -> DateTime:
    """Return the moment as pendulum's `DateTime`, the class of Airflow's dates."""
    from pendulum import UTC, DateTime

    utc = moment.astimezone(timezone.utc)
    return DateTime(utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond, tzinfo=UTC)
