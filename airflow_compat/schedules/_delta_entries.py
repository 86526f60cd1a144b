"""Convert a delta to a Prefect schedule: an interval, or a recurrence rule for months, a start or an end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ..errors import UnsupportedFeatureError
from ._periodic_timetables import EPOCH, DeltaDataIntervalTimetable, DeltaTriggerTimetable, has_months
from ._recurrence import DeploymentSchedules, ScheduleEntry, rule, rule_entry, rule_time
from ._timetable import ScheduleBounds

_UNITS = {"DAILY": timedelta(days=1), "HOURLY": timedelta(hours=1), "MINUTELY": timedelta(minutes=1)}
# The maximum number of steps from a rule's start to the present, because Prefect's scheduler computes every step.
_MOST_STEPS = 10_000
# The last day that every month has.
_SURE_DAY = 28
_NAMED = ("year", "month", "day", "weekday", "hour", "minute", "second", "microsecond")


def delta_entries(
    timetable: DeltaTriggerTimetable | DeltaDataIntervalTimetable, bounds: ScheduleBounds
) -> DeploymentSchedules:
    """Return the Prefect schedules for a delta.

    Raises:
        UnsupportedFeatureError: Prefect's schedules can't express the timetable's run times.
    """
    if has_months(timetable.delta):
        return _months(timetable, bounds)
    delta = timetable.delta if isinstance(timetable.delta, timedelta) else timedelta(**_extras(timetable.delta))
    is_interval = isinstance(timetable, DeltaDataIntervalTimetable)
    anchor = _anchor(bounds, delta, on_grid=is_interval)
    if anchor is None:
        return DeploymentSchedules((ScheduleEntry(interval=delta),))
    first = anchor + delta if is_interval else anchor
    last = None
    if bounds.latest is not None:
        last = anchor + (bounds.latest - anchor) // delta * delta
        last += delta if is_interval else timedelta()
        if last < max(first, bounds.now):
            return DeploymentSchedules()
    if first - delta < bounds.now and last is None:
        return DeploymentSchedules((ScheduleEntry(interval=delta, anchor_date=anchor),))
    return DeploymentSchedules((_rule(delta, first, last, bounds.now),))


def _anchor(bounds: ScheduleBounds, delta: timedelta, *, on_grid: bool) -> datetime | None:
    """Return the moment from which deltas are counted; None if they are counted from the schedule's activation."""
    start = bounds.earliest
    # Without catch-up, Airflow counts intervals from the epoch, unless the DAG starts after the last complete interval.
    latest = bounds.now - (bounds.now - EPOCH) % delta - delta
    return EPOCH if on_grid and not bounds.catchup and (start is None or start <= latest) else start


def _rule(delta: timedelta, first: datetime, last: datetime | None, now: datetime) -> ScheduleEntry:
    if delta % timedelta(seconds=1) or first.microsecond:
        raise UnsupportedFeatureError(
            f"schedule {delta!r} from {first.isoformat()} has fractions of a second, which a Prefect rule with a start "
            "or an end can't have. Use whole seconds"
        )
    if (now - first) // delta > _MOST_STEPS:
        first += (now - first) // delta * delta
    frequency, unit = next(
        ((name, unit) for name, unit in _UNITS.items() if not delta % unit), ("SECONDLY", timedelta(seconds=1))
    )
    return rule_entry([rule_time("DTSTART", first), rule(frequency, until=last, interval=delta // unit)], "UTC")


def _months(
    timetable: DeltaTriggerTimetable | DeltaDataIntervalTimetable, bounds: ScheduleBounds
) -> DeploymentSchedules:
    delta: Any = timetable.delta
    if any(_extras(delta).values()):
        raise UnsupportedFeatureError(
            f"schedule {delta!r} combines months with other units, which a Prefect rule can't express. Use only "
            "months, or a cron expression"
        )
    start = bounds.earliest or bounds.now.replace(microsecond=0)
    is_interval = isinstance(timetable, DeltaDataIntervalTimetable)
    # Stepping from the start to the present is exact only for a day that every month has.
    moment = timetable.steps.next(start) if is_interval else start
    while moment < bounds.now:
        moment = timetable.steps.next(moment)
    if moment.day > _SURE_DAY or moment.microsecond:
        raise UnsupportedFeatureError(
            f"schedule {delta!r} from {start.isoformat()} needs a start_date up to the 28th, in whole seconds. Airflow "
            "continues from an earlier day after a short month, which a Prefect rule can't do"
        )
    last = None
    if bounds.latest is not None:
        last = timetable.steps.next(bounds.latest) if is_interval else bounds.latest
        if last < moment:
            return DeploymentSchedules()
    notes = []
    if is_interval and bounds.airflow_version == "2" and not bounds.catchup:
        notes.append(
            f"schedule {delta!r}: without catchup, Airflow 2 counts months of 30 days from 1970 to its first run. "
            "Prefect counts from the start_date"
        )
    lines = [rule_time("DTSTART", moment), rule("MONTHLY", until=last, interval=delta.years * 12 + delta.months)]
    return DeploymentSchedules((rule_entry(lines, "UTC"),), tuple(notes))


def _extras(delta: Any) -> dict[str, float]:
    if delta.leapdays or any(getattr(delta, name) is not None for name in _NAMED):
        raise UnsupportedFeatureError(
            f"schedule {delta!r} sets a part of the date instead of adding to the date. Use a cron expression"
        )
    return {name: getattr(delta, name) for name in ("days", "hours", "minutes", "seconds", "microseconds")}
