"""A schedule of Prefect's as data, and the texts of recurrence rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class ScheduleEntry:
    """One schedule of a deployment: one of `cron`, `interval` and `rrule`, and what belongs to it."""

    cron: str | None = None
    interval: timedelta | None = None
    rrule: str | None = None
    anchor_date: datetime | None = None
    timezone: str = "UTC"

    def as_dict(self) -> dict[str, Any]:
        """The entry of prefect.yaml's `schedules:`."""
        entry: dict[str, Any] = {}
        if self.cron is not None:
            entry["cron"] = self.cron
        if self.interval is not None:
            seconds = self.interval.total_seconds()
            entry["interval"] = int(seconds) if seconds.is_integer() else seconds
        if self.rrule is not None:
            entry["rrule"] = self.rrule
        if self.anchor_date is not None:
            entry["anchor_date"] = self.anchor_date.isoformat()
        return {**entry, "timezone": self.timezone, "active": True}


@dataclass(frozen=True)
class Entries:
    """A deployment's schedules, and how their runs differ from Airflow's, where they do."""

    entries: tuple[ScheduleEntry, ...] = ()
    notes: tuple[str, ...] = ()


def rule_entry(lines: Iterable[str], timezone: str) -> ScheduleEntry:
    """A schedule by a recurrence rule, or by several at once."""
    return ScheduleEntry(rrule="\n".join(lines), timezone=timezone)


def rule_time(name: str, wall: datetime) -> str:
    """`DTSTART:20240101T000000`: a time of the clock, which Prefect puts into the schedule's time zone."""
    return f"{name}:{wall:%Y%m%dT%H%M%S}"


def rule(frequency: str, *, until: datetime | None = None, **parts: Iterable[int | str] | int | None) -> str:
    """A recurrence rule; a part that is None is left out."""
    said = [f"FREQ={frequency}"]
    for name, value in parts.items():
        if value is not None:
            texts = [value] if isinstance(value, int) else value
            said.append(f"{name.upper()}={','.join(map(str, texts))}")
    if until is not None:
        said.append(f"UNTIL={until:%Y%m%dT%H%M%S}")
    return "RRULE:" + ";".join(said)
