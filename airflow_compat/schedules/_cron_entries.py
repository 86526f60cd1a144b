"""Convert a cron expression with a start and an end to a Prefect schedule, and note the effects of clock changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .._airflow.zones import ClockChange, turns_of, wall_time
from ..errors import UnsupportedFeatureError
from ._cron import Cron, fields_of, has_every_hour, has_nth_weekday, tick
from ._recurrence import ScheduleEntry, rule, rule_entry, rule_time

_ALL = ["*"]
_SECOND = timedelta(seconds=1)
_WEEKDAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")


@dataclass(frozen=True)
class CronPart:
    """A cron expression to convert, with the times of its first and last run.

    Attributes:
        first: The clock time of the first run, if Prefect would otherwise run earlier.
        last: The clock time of the last run; None without an end.
    """

    expression: str
    timezone: str
    notes: tuple[str, ...]
    now: datetime
    first: datetime | None = None
    last: datetime | None = None

    def entry(self) -> ScheduleEntry:
        """Return a Prefect cron schedule, or a recurrence rule if there is a first or last run.

        Raises:
            UnsupportedFeatureError: No recurrence rule can express the cron expression.
        """
        if self.first is None and self.last is None:
            return ScheduleEntry(cron=self.expression, timezone=self.timezone)
        bound = "a future start_date" if self.first else "an end_date"
        return rule_entry([rule_time("DTSTART", self.rule_start()), *self.rules(bound)], self.timezone)

    def rule_start(self) -> datetime:
        """Return the rule's start: a recent date, because Prefect's scheduler steps through all later matches."""
        return self.first or self.now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)

    def rules(self, wanted_for: str) -> list[str]:
        """Return recurrence rules that together match the same times as the cron expression.

        Raises:
            UnsupportedFeatureError: No recurrence rules can express the cron expression.
        """
        minutes, hours, days, months, weekdays, *others = fields_of(self.expression)
        if has_nth_weekday(self.expression) or len(others) > 1:
            raise UnsupportedFeatureError(
                f"cron {self.expression!r} with {wanted_for} has no counterpart: Prefect's cron has no start or end, "
                "and no recurrence rule matches the expression. Leave the date out, and deploy or pause the deployment "
                "at that time"
            )
        both = _ALL not in (days, weekdays)
        monthdays = None if days == _ALL else [-1 if day == "l" else day for day in days]
        names = None if weekdays == _ALL else [_WEEKDAYS[day] for day in weekdays]
        # As in cron, a day that matches one of the two day fields is enough.
        choices = [(monthdays, None), (None, names)] if both else [(monthdays, names)]
        return [
            rule(
                "DAILY",
                until=self.last,
                bymonth=None if months == _ALL else months,
                bymonthday=monthday,
                byday=weekday,
                byhour=range(24) if hours == _ALL else hours,
                byminute=range(60) if minutes == _ALL else minutes,
                bysecond=[0] if not others else range(60) if others[0] == _ALL else others[0],
            )
            for monthday, weekday in choices
        ]


def cron_part(cron: Cron, first: datetime | None, last: datetime | None, now: datetime) -> CronPart | None:
    """Return a cron expression with the times of its first and last run; None if its last run has passed."""
    following = cron.align_next(now)
    if last is not None and last < max(following, first or following):
        return None
    turns = turns_of(cron.timezone, now.year)
    expression, zone, notes = cron.expression, cron.timezone, []
    if turns and has_every_hour(expression):
        rewritten = _in_utc(expression, turns)
        if rewritten:
            expression, zone, turns = rewritten, "UTC", ()
        else:
            notes.append(
                f"cron {expression!r} in {zone}: in an hour that the clock shows twice, Airflow runs both times, but "
                "Prefect runs only the first time. Use a schedule in UTC"
            )
    elif any(_has_time_of(expression, turn) for turn in turns if turn.is_back):
        notes.append(
            f"cron {expression!r} in {zone}: if the clock shows a time twice, Airflow runs at the second and Prefect "
            "at the first. Use a time that the clock shows once"
        )
    clock = ZoneInfo(zone)
    is_ahead = first is not None and first > following
    if (is_ahead or last) and any(_has_time_of(expression, turn) for turn in turns if not turn.is_back):
        notes.append(
            f"cron {expression!r} in {zone}, with a start or an end: at a time that the clock skips, Prefect may run "
            "an hour early or late. Use a time that the clock never skips"
        )
    return CronPart(
        expression,
        zone,
        tuple(notes),
        wall_time(now, clock),
        wall_time(first, clock) if first and is_ahead else None,
        wall_time(last, clock) if last else None,
    )


def may_coincide(one: str, other: str) -> bool:
    if has_nth_weekday(one) or has_nth_weekday(other):
        return True
    first, second = fields_of(one), fields_of(other)
    clock = all(_meet(first[field], second[field]) for field in (0, 1, 3))
    # If both day fields are restricted, a match of one of them is enough.
    free = any(fields[2] != _ALL and fields[4] != _ALL for fields in (first, second))
    mixed = (first[2] != _ALL and second[4] != _ALL) or (first[4] != _ALL and second[2] != _ALL)
    days = free or mixed or (_meet(first[2], second[2]) and _meet(first[4], second[4]))
    seconds = _meet(first[5] if len(first) > 5 else [0], second[5] if len(second) > 5 else [0])
    return clock and days and seconds


def _meet(one: list[Any], other: list[Any]) -> bool:
    # "l", the last day of a month, may be one of several listed days.
    return _ALL in (one, other) or "l" in one or "l" in other or bool(set(one) & set(other))


def _has_time_of(expression: str, turn: ClockChange) -> bool:
    """Return True if the expression matches a time of day that a clock change repeats or skips."""
    start, end = turn.times
    found = tick(expression, start - _SECOND)
    return found is not None and found < end


def _in_utc(expression: str, turns: Iterable[ClockChange]) -> str | None:
    """Convert the expression to UTC.

    Return None if the minutes in UTC depend on the season, or the expression restricts the days.
    """
    minutes, _, *days = fields_of(expression)
    if any(field != _ALL for field in days[:3]) or len(days) > 4:
        return None
    offsets = {offset for turn in turns for offset in (turn.before, turn.after)}
    given = range(60) if minutes == _ALL else minutes
    shifted = {tuple(sorted((minute - offset // timedelta(minutes=1)) % 60 for minute in given)) for offset in offsets}
    if len(shifted) > 1 or any(offset % timedelta(minutes=1) for offset in offsets):
        return None
    [wanted] = shifted
    field, *others = expression.split()
    # Keep the minutes as written if the conversion does not change them.
    unchanged = minutes == _ALL or list(wanted) == sorted(minutes)
    return " ".join([field if unchanged else ",".join(map(str, wanted)), *others])
