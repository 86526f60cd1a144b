"""Moments in UTC, of the classes that Airflow's have: Prefect's own datetimes warn of what they can't do any more."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pendulum import DateTime


def plain(moment: datetime) -> datetime:
    """The same moment as a plain datetime, which formats as Airflow's does."""
    utc = moment.astimezone(timezone.utc)
    return datetime.combine(utc.date(), utc.time(), timezone.utc)


def in_pendulum(moment: datetime) -> DateTime:
    """The same moment as pendulum's `DateTime`, which the dates of Airflow's runs are."""
    from pendulum import UTC, DateTime

    utc = moment.astimezone(timezone.utc)
    return DateTime(utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond, tzinfo=UTC)
