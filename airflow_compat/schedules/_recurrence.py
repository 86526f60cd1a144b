"""Represent Prefect schedules as data, and write recurrence rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class ScheduleEntry:
    """One schedule of a deployment. Exactly one of `cron`, `interval` and `rrule` is set."""

    cron: str | None = None
    interval: timedelta | None = None
    rrule: str | None = None
    anchor_date: datetime | None = None
    timezone: str = "UTC"

    def as_dict(self) -> dict[str, Any]:
        seconds = self.interval.total_seconds() if self.interval else None
        given = {
            "cron": self.cron,
            "interval": int(seconds) if seconds and seconds.is_integer() else seconds,
            "rrule": self.rrule,
            "anchor_date": self.anchor_date.isoformat() if self.anchor_date else None,
        }
        kept = {name: value for name, value in given.items() if value is not None}
        return {**kept, "timezone": self.timezone, "active": True}


@dataclass(frozen=True)
class DeploymentSchedules:
    """A deployment's schedules, with notes on differences from Airflow."""

    entries: tuple[ScheduleEntry, ...] = ()
    notes: tuple[str, ...] = ()


def rule_entry(lines: Iterable[str], timezone: str) -> ScheduleEntry:
    return ScheduleEntry(rrule="\n".join(lines), timezone=timezone)


def rule_time(name: str, wall: datetime) -> str:
    """Return a line such as `DTSTART:20240101T000000`, with a clock time in the schedule's time zone."""
    return f"{name}:{wall:%Y%m%dT%H%M%S}"


def rule(frequency: str, *, until: datetime | None = None, **parts: Iterable[int | str] | int | None) -> str:
    """Return a recurrence rule. Arguments that are None are left out of the rule."""
    said = [f"FREQ={frequency}"]
    said += [
        f"{name.upper()}={value if isinstance(value, int) else ','.join(map(str, value))}"
        for name, value in parts.items()
        if value is not None
    ]
    if until is not None:
        said.append(f"UNTIL={until:%Y%m%dT%H%M%S}")
    return "RRULE:" + ";".join(said)
