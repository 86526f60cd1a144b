"""The moments of a cron expression as Airflow's scheduler finds them, also where the clock is turned.

`ticks.py` has those of Prefect. They differ at a time of day that the clock shows twice: Airflow takes the second, and
both where the expression has every hour.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from ..errors import InvalidScheduleError, UnsupportedFeatureError

PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
    # These two are croniter's, so Airflow takes them as well.
    "@midnight": "0 0 * * *",
    "@annually": "0 0 1 1 *",
}
"""What stands for a cron expression."""

_RANDOM = re.compile(r"r(\(.*\))?(/\d+)?", re.IGNORECASE)
# Quartz and other schedulers write `5L` or `friL`.
_LAST_WEEKDAY = re.compile(r"\b([0-7]|sun|mon|tue|wed|thu|fri|sat)L\b", re.IGNORECASE)
_WEEKDAYS = {name: str(number) for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_FIELDS = 5
_SOMEWHEN = datetime(2000, 1, 1)  # noqa: DTZ001 - what a clock shows


@dataclass(frozen=True)
class Cron:
    """A cron expression and the time zone that it is meant in (`airflow.timetables._cron.CronMixin`).

    Attributes:
        expression: Of five fields; a sixth has the second, and a seventh the year.
        timezone: The zone's name.
    """

    expression: str
    timezone: str

    def next(self, moment: datetime) -> datetime:
        """The first moment that is later."""
        return self._step(moment, forward=True)

    def prev(self, moment: datetime) -> datetime:
        """The last moment that is earlier."""
        return self._step(moment, forward=False)

    def align_next(self, moment: datetime) -> datetime:
        """The moment itself where it is one of the expression's, else the first one after it."""
        following = self.next(moment)
        return moment if self.prev(following) == moment else following

    def align_prev(self, moment: datetime) -> datetime:
        """The moment itself where it is one of the expression's, else the last one before it."""
        previous = self.prev(moment)
        return moment if self.next(previous) == moment else previous

    def _step(self, moment: datetime, *, forward: bool) -> datetime:
        zone = ZoneInfo(self.timezone)
        wall = wall_time(moment, zone)
        tick = _tick(self.expression, wall, forward)
        if tick is None:
            way = "after" if forward else "before"
            raise InvalidScheduleError(
                f"cron {self.expression!r} has no moment {way} {moment.isoformat()}; set an end_date before that, or "
                "leave the year out"
            )
        # With every hour in it, what lies between two moments is time that passes.
        return moment + (tick - wall) if has_every_hour(self.expression) else _later(tick, zone)


def checked_cron(expression: str) -> str:
    """The expression, with a preset put in full.

    Raises:
        InvalidScheduleError: croniter, which reads it for Airflow, doesn't take it; or it has no moment at all.
        UnsupportedFeatureError: It has random moments.
    """
    from croniter import CroniterError  # type: ignore[import-untyped]

    expression = PRESETS.get(expression, expression)
    if any(_RANDOM.fullmatch(field) for field in expression.split()):
        raise UnsupportedFeatureError(
            f"schedule {expression!r} has random moments, which are others each time that it is read; write them out"
        )
    try:
        found = _tick(expression, _SOMEWHEN, True)
    except (CroniterError, ValueError, KeyError, AttributeError) as exc:
        raise InvalidScheduleError(
            f"schedule {expression!r} is no cron expression ({exc}); {_advice(expression)}"
        ) from None
    if found is None:
        raise InvalidScheduleError(f"schedule {expression!r} has no moment, ever; write a day that some month has")
    return expression


def _advice(expression: str) -> str:
    """The next step for an expression that Airflow refuses as well."""
    fields = expression.split()
    days = fields[4] if len(fields) >= _FIELDS else ""
    if _LAST_WEEKDAY.search(days):
        fields[4] = _LAST_WEEKDAY.sub(lambda found: f"L{_WEEKDAYS.get(found[1].lower(), found[1])}", days)
        return f"Airflow writes the last weekday of a month with L first: {' '.join(fields)!r}"
    return "write five fields, such as '0 2 * * 1-5'"


def next_wall(expression: str, wall: datetime) -> datetime | None:
    """The first time of the clock after this one that the expression has; None where there is none."""
    return _tick(expression, wall, True)


def wall_time(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the clock shows: a plain datetime."""
    local = moment.astimezone(zone)
    return datetime.combine(local.date(), local.time().replace(fold=0))


def has_every_hour(expression: str) -> bool:
    """Whether it has every hour of its days (`airflow.timetables._cron._covers_every_hour`)."""
    return bool(fields_of(expression)[1] == ["*"])


@lru_cache(maxsize=256)
def fields_of(expression: str) -> list[list[Any]]:
    """Each field's values, in order; `["*"]` for all of them."""
    from croniter import croniter

    found: list[list[Any]] = croniter(expression, _SOMEWHEN).expanded
    return found


@lru_cache(maxsize=256)
def has_nth_weekday(expression: str) -> bool:
    """Whether it has such a day as the second Monday (`1#2`) or the last Friday (`L5`)."""
    from croniter import croniter

    return bool(croniter(expression, _SOMEWHEN).nth_weekday_of_month)


@lru_cache(maxsize=4096)
def _tick(expression: str, wall: datetime, forward: bool) -> datetime | None:
    from croniter import CroniterBadDateError, croniter

    steps = croniter(expression, wall)
    try:
        found: datetime = steps.get_next(datetime) if forward else steps.get_prev(datetime)
    except CroniterBadDateError:
        return None
    return found


def _later(wall: datetime, zone: ZoneInfo) -> datetime:
    """When the clock shows it, for the second time; if never, as if it had not been turned."""
    return max(wall.replace(tzinfo=zone, fold=fold).astimezone(timezone.utc) for fold in (0, 1))
