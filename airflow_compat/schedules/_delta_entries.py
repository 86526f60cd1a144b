"""A delta as a schedule of Prefect's: an interval, or a recurrence rule where it has bounds or counts months."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from .._airflow.interval_timetables import DeltaDataIntervalTimetable, has_months
from .._airflow.timetable import Bounds, Delta
from .._airflow.trigger_timetables import DeltaTriggerTimetable
from ..errors import UnsupportedFeatureError
from .recurrence import Entries, ScheduleEntry, rule, rule_entry, rule_time

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_UNITS = {"DAILY": timedelta(days=1), "HOURLY": timedelta(hours=1), "MINUTELY": timedelta(minutes=1)}
# Prefect's scheduler steps through all moments since the rule's start.
_MOST_STEPS = 10_000
# Every month has so many days.
_SURE_DAY = 28
_NAMED = ("year", "month", "day", "weekday", "hour", "minute", "second", "microsecond")


def delta_entries(timetable: DeltaTriggerTimetable | DeltaDataIntervalTimetable, bounds: Bounds) -> Entries:
    """The schedule for a delta.

    Raises:
        UnsupportedFeatureError: Prefect can't run at its moments. The message says why, and what to do.
    """
    if has_months(timetable.delta):
        return _months(timetable, bounds)
    delta = _fixed(timetable.delta)
    is_interval = isinstance(timetable, DeltaDataIntervalTimetable)
    anchor = _anchor(bounds, delta, on_grid=is_interval)
    if anchor is None:
        return Entries((ScheduleEntry(interval=delta),))
    first = anchor + delta if is_interval else anchor
    last = None
    if bounds.latest is not None:
        last = anchor + (bounds.latest - anchor) // delta * delta
        last += delta if is_interval else timedelta()
        if last < max(first, bounds.now):
            return Entries()
    if first - delta < bounds.now and last is None:
        return Entries((ScheduleEntry(interval=delta, anchor_date=anchor),))
    return Entries((_rule(delta, first, last, bounds.now),))


def _anchor(bounds: Bounds, delta: timedelta, *, on_grid: bool) -> datetime | None:
    """A moment that the schedule counts from; None where it is when it is switched on."""
    start = bounds.earliest
    if on_grid and not bounds.catchup:
        # Without catch-up, an interval that began long ago lies on a grid from the epoch on.
        latest = bounds.now - (bounds.now - _EPOCH) % delta - delta
        return start if start is not None and start > latest else _EPOCH
    return start


def _rule(delta: timedelta, first: datetime, last: datetime | None, now: datetime) -> ScheduleEntry:
    if delta % timedelta(seconds=1) or first.microsecond:
        raise UnsupportedFeatureError(
            f"schedule {delta!r} from {first.isoformat()} has parts of a second, which no rule of Prefect's with a "
            "start or an end has; round them"
        )
    if (now - first) // delta > _MOST_STEPS:
        first += (now - first) // delta * delta
    frequency, unit = next(
        ((name, unit) for name, unit in _UNITS.items() if not delta % unit), ("SECONDLY", timedelta(seconds=1))
    )
    lines = [rule_time("DTSTART", first), rule(frequency, until=last, interval=delta // unit)]
    return rule_entry(lines, "UTC")


def _months(timetable: DeltaTriggerTimetable | DeltaDataIntervalTimetable, bounds: Bounds) -> Entries:
    delta: Any = timetable.delta
    if any(_extras(delta).values()):
        raise UnsupportedFeatureError(
            f"schedule {delta!r} counts months and something else, which no rule of Prefect's does; write months "
            "alone, or a cron expression"
        )
    start = bounds.earliest or bounds.now.replace(microsecond=0)
    is_interval = isinstance(timetable, DeltaDataIntervalTimetable)
    # One that has a run before the present may be stepped on to it, as long as no month lacks its day.
    moment = timetable.steps.next(start) if is_interval else start
    while moment < bounds.now:
        moment = timetable.steps.next(moment)
    if moment.day > _SURE_DAY or moment.microsecond:
        raise UnsupportedFeatureError(
            f"schedule {delta!r} from {start.isoformat()}: some months lack its day, and Airflow then goes on from the "
            "day before, which no rule of Prefect's does; give it a start_date up to the 28th, of whole seconds"
        )
    last = None
    if bounds.latest is not None:
        last = timetable.steps.next(bounds.latest) if is_interval else bounds.latest
        if last < moment:
            return Entries()
    notes = []
    if is_interval and bounds.airflow_version == "2" and not bounds.catchup:
        notes.append(
            f"schedule {delta!r}: without catchup Airflow 2 counts months of 30 days from 1970 on to its first run; "
            "Prefect counts from the start_date"
        )
    lines = [rule_time("DTSTART", moment), rule("MONTHLY", until=last, interval=delta.years * 12 + delta.months)]
    return Entries((rule_entry(lines, "UTC"),), tuple(notes))


def _fixed(delta: Delta) -> timedelta:
    if isinstance(delta, timedelta):
        return delta
    return timedelta(**_extras(delta))


def _extras(delta: Any) -> dict[str, float]:
    """What a `relativedelta` has beside months and years."""
    if delta.leapdays or any(getattr(delta, name) is not None for name in _NAMED):
        raise UnsupportedFeatureError(
            f"schedule {delta!r} sets a part of the date, and doesn't only add; write a cron expression"
        )
    return {name: getattr(delta, name) for name in ("days", "hours", "minutes", "seconds", "microseconds")}
