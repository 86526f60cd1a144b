"""Converts a Prefect schedule to ticks, the moments at which the schedule creates runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Protocol

from prefect.client.schemas.schedules import SCHEDULE_TYPES, CronSchedule, IntervalSchedule, RRuleSchedule

from .._airflow.data_interval import Ticks
from .._airflow.ticks import CronTicks, IntervalTicks


class _Rule(Protocol):
    def before(self, dt: datetime, inc: bool = False) -> datetime | None: ...
    def after(self, dt: datetime, inc: bool = False) -> datetime | None: ...


@dataclass(frozen=True)
class RRuleTicks:
    """The ticks of a recurrence rule."""

    rule: _Rule

    def before(self, moment: datetime) -> datetime | None:
        return _utc(self.rule.before(moment))

    def after(self, moment: datetime) -> datetime | None:
        return _utc(self.rule.after(moment))

    def latest_end(self, moment: datetime) -> datetime | None:
        return _utc(self.rule.before(moment, inc=True))


def ticks_of(schedule: SCHEDULE_TYPES) -> Ticks | None:
    """Return the ticks of a deployment's schedule; None for a schedule that never runs."""
    if isinstance(schedule, CronSchedule):
        return CronTicks(schedule.cron, schedule.timezone or "UTC", schedule.day_or)
    if isinstance(schedule, IntervalSchedule):
        return IntervalTicks(schedule.interval, schedule.timezone or "UTC")
    return RRuleTicks(schedule.to_rrule()) if isinstance(schedule, RRuleSchedule) else None


def _utc(moment: datetime | None) -> datetime | None:
    return moment and moment.astimezone(timezone.utc)
