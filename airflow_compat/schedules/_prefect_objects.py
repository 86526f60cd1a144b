"""Create Prefect's schedule objects."""

from __future__ import annotations

from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule

from ._recurrence import ScheduleEntry


def schedule_of(entry: ScheduleEntry) -> CronSchedule | IntervalSchedule | RRuleSchedule:
    if entry.cron is not None:
        return CronSchedule(cron=entry.cron, timezone=entry.timezone)
    if entry.rrule is not None:
        return RRuleSchedule(rrule=entry.rrule, timezone=entry.timezone)
    assert entry.interval is not None
    if entry.anchor_date is None:
        return IntervalSchedule(interval=entry.interval, timezone=entry.timezone)
    return IntervalSchedule(interval=entry.interval, anchor_date=entry.anchor_date, timezone=entry.timezone)
