"""A cron expression as a schedule of Prefect's, with its first and last run, and what turns of the clock do to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .._airflow.cron import Cron, fields_of, has_every_hour, has_nth_weekday, next_wall, wall_time
from .._airflow.zones import Turn, turns_of
from ..errors import UnsupportedFeatureError
from .recurrence import ScheduleEntry, rule, rule_entry, rule_time

_ALL = ["*"]
_SECOND = timedelta(seconds=1)
_WEEKDAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")


@dataclass(frozen=True)
class CronPart:
    """A cron expression as Prefect is to run it.

    Attributes:
        expression: It, perhaps rewritten into UTC.
        timezone: The zone that it is meant in.
        notes: How its runs differ from Airflow's.
        now: The present.
        first: Its first run, where Prefect would run before; as the clock shows it.
        last: Its last run, where it has an end; as the clock shows it.
    """

    expression: str
    timezone: str
    notes: tuple[str, ...]
    now: datetime
    first: datetime | None = None
    last: datetime | None = None

    def entry(self) -> ScheduleEntry:
        """Its schedule; a rule where it has a first or last run.

        Raises:
            UnsupportedFeatureError: No rule says the same.
        """
        if self.first is None and self.last is None:
            return ScheduleEntry(cron=self.expression, timezone=self.timezone)
        bound = "a start_date that lies ahead" if self.first else "an end_date"
        lines = [rule_time("DTSTART", self.rule_start()), *self.rules(bound)]
        return rule_entry(lines, self.timezone)

    def rule_start(self) -> datetime:
        """From when its rule counts; not from long ago, since Prefect's scheduler steps through all since then."""
        return self.first or self.now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)

    def rules(self, wanted_for: str) -> list[str]:
        """Recurrence rules that say the same together.

        Raises:
            UnsupportedFeatureError: There are none.
        """
        minutes, hours, days, months, weekdays, *others = fields_of(self.expression)
        if has_nth_weekday(self.expression) or len(others) > 1:
            raise UnsupportedFeatureError(
                f"cron {self.expression!r} with {wanted_for} can't be kept: Prefect's cron has no bounds, and no "
                "recurrence rule says the same; leave the date out, and deploy or pause it at that time"
            )
        both = _ALL not in (days, weekdays)
        monthdays = None if days == _ALL else [-1 if day == "l" else day for day in days]
        names = None if weekdays == _ALL else [_WEEKDAYS[day] for day in weekdays]
        # A day has to match one of the two.
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
    """A cron expression between its first run and its last; None where it has run for the last time.

    Args:
        cron: Airflow's.
        first: Its first run, or None.
        last: Its last run, or None.
        now: The present.
    """
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
                f"cron {expression!r} in {zone}: in the hour that the clock shows twice Airflow runs both times, and "
                "counts hours over a turn of the clock; Prefect runs the first time alone, by the clock; write it "
                "in UTC"
            )
    elif any(_has_time_of(expression, turn) for turn in turns if turn.is_back):
        notes.append(
            f"cron {expression!r} in {zone}: of a time that the clock shows twice Airflow takes the second, and "
            "Prefect the first; write a time that it shows once"
        )
    clock = ZoneInfo(zone)
    is_ahead = first is not None and first > following
    if (is_ahead or last) and any(_has_time_of(expression, turn) for turn in turns if not turn.is_back):
        notes.append(
            f"cron {expression!r} in {zone}, as a rule with a start or an end: at a time that the clock skips Prefect "
            "may run an hour off; write a time that it shows"
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
    """Whether two expressions may have a moment in common."""
    if has_nth_weekday(one) or has_nth_weekday(other):
        return True
    first, second = fields_of(one), fields_of(other)
    clock = all(_meet(first[field], second[field]) for field in (0, 1, 3))
    # With two restrictions one of them is enough for a day.
    free = any(fields[2] != _ALL and fields[4] != _ALL for fields in (first, second))
    mixed = (first[2] != _ALL and second[4] != _ALL) or (first[4] != _ALL and second[2] != _ALL)
    days = free or mixed or (_meet(first[2], second[2]) and _meet(first[4], second[4]))
    seconds = _meet(first[5] if len(first) > 5 else [0], second[5] if len(second) > 5 else [0])
    return clock and days and seconds


def _meet(one: list[Any], other: list[Any]) -> bool:
    # The last day of a month may be any of those that months end with.
    return _ALL in (one, other) or "l" in one or "l" in other or bool(set(one) & set(other))


def _has_time_of(expression: str, turn: Turn) -> bool:
    """Whether it has one of the times that the clock shows twice, or never."""
    start, end = turn.times
    found = next_wall(expression, start - _SECOND)
    return found is not None and found < end


def _in_utc(expression: str, turns: Iterable[Turn]) -> str | None:
    """The same minutes of each hour in UTC; None where they depend on the season, or days are restricted."""
    minutes, _, *days = fields_of(expression)
    if any(field != _ALL for field in days[:3]) or len(days) > 4:
        return None
    offsets = {offset for turn in turns for offset in (turn.before, turn.after)}
    if minutes == _ALL:
        shifted: set[tuple[int, ...]] = {tuple(range(60))}
    else:
        shifted = {
            tuple(sorted((minute - offset // timedelta(minutes=1)) % 60 for minute in minutes)) for offset in offsets
        }
    if len(shifted) > 1 or any(offset % timedelta(minutes=1) for offset in offsets):
        return None
    [wanted] = shifted
    field, *others = expression.split()
    # As it was written, where that says it.
    unchanged = minutes == _ALL or list(wanted) == sorted(minutes)
    return " ".join([field if unchanged else ",".join(map(str, wanted)), *others])
