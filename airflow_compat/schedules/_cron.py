"""Compute the run times of a cron expression as Airflow's scheduler does, including clock changes.

Prefect's run times, which `_airflow/ticks.py` computes, differ if the clock shows a time of day twice: Prefect starts a
run at the first occurrence; Airflow at the second, or at both if the expression runs every hour.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from .._airflow.zones import wall_time
from ..errors import InvalidScheduleError, UnsupportedFeatureError

PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
    # Airflow also accepts `@midnight` and `@annually`, because croniter does.
    "@midnight": "0 0 * * *",
    "@annually": "0 0 1 1 *",
}
"""Airflow's names for common cron expressions."""

_RANDOM = re.compile(r"r(\(.*\))?(/\d+)?", re.IGNORECASE)
_DAY_NAMES = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_DAY = "[0-7]|" + "|".join(name[:3] for name in _DAY_NAMES)
# Quartz and other schedulers write `5L` or `friL`; croniter accepts only `L5`.
_LAST_WEEKDAY = re.compile(rf"({_DAY})L|L({_DAY})", re.IGNORECASE)
_FIELDS = 5
# For some expressions, croniter raises a KeyError or AttributeError instead of its own errors, which are ValueErrors.
_REFUSALS = (ValueError, KeyError, AttributeError)
_SOMEWHEN = datetime(2000, 1, 1)  # noqa: DTZ001 - a clock time


@dataclass(frozen=True)
class Cron:
    """A cron expression and its time zone (`airflow.timetables._cron.CronMixin`).

    Attributes:
        expression: Five fields; an optional sixth has the seconds, a seventh the years.
    """

    expression: str
    timezone: str

    def next(self, moment: datetime) -> datetime:
        return self._step(moment, forward=True)

    def prev(self, moment: datetime) -> datetime:
        return self._step(moment, forward=False)

    def align_next(self, moment: datetime) -> datetime:
        """Return the moment if the expression matches it, else the next match."""
        following = self.next(moment)
        return moment if self.prev(following) == moment else following

    def align_prev(self, moment: datetime) -> datetime:
        """Return the moment if the expression matches it, else the previous match."""
        previous = self.prev(moment)
        return moment if self.next(previous) == moment else previous

    def _step(self, moment: datetime, *, forward: bool) -> datetime:
        zone = ZoneInfo(self.timezone)
        wall = wall_time(moment, zone)
        found = tick(self.expression, wall, forward=forward)
        if found is None:
            way = "after" if forward else "before"
            raise InvalidScheduleError(
                f"cron {self.expression!r} never runs {way} {moment.isoformat()}. Set an earlier end_date, or remove "
                "the year"
            )
        # For an expression that matches every hour, Airflow adds elapsed time instead of clock time.
        return moment + (found - wall) if has_every_hour(self.expression) else _later(found, zone)


def checked_cron(expression: str) -> str:
    """Return the expression, with a preset expanded.

    Raises:
        InvalidScheduleError: The expression never matches, or croniter, which Airflow uses, refuses it.
        UnsupportedFeatureError: The expression has random fields.
    """
    expression = PRESETS.get(expression, expression)
    if any(_RANDOM.fullmatch(field) for field in expression.split()):
        raise UnsupportedFeatureError(
            f"schedule {expression!r} has random values, which change each time the expression is read. Use fixed "
            "values"
        )
    try:
        found = tick(expression, _SOMEWHEN)
    except _REFUSALS as exc:
        raise InvalidScheduleError(
            f"schedule {expression!r} is not a cron expression ({exc}). {_advice(expression)}"
        ) from None
    if found is None:
        raise InvalidScheduleError(f"schedule {expression!r} never runs. Use a day that some month has")
    return expression


def _advice(expression: str) -> str:
    """Return advice for an expression that Airflow also refuses. Expressions in the advice are valid in Airflow."""
    fields = expression.split()
    # Quartz puts the field of seconds first, and Airflow puts it after the weekday.
    orders = [fields, [*fields[1:6], fields[0], *fields[6:]]] if len(fields) > _FIELDS else [fields]
    for order in orders:
        days = order[4].split(",") if len(order) >= _FIELDS else []
        found = [_LAST_WEEKDAY.fullmatch(day) for day in days]
        if not any(_LAST_WEEKDAY.search(day) for day in days):
            continue
        numbers = [_weekday_number(each[1] or each[2]) for each in found if each]
        # In AWS's cron syntax, the sixth field is the year.
        rest = order[5:] if order[5:] != ["*" if order is fields else "0"] else []
        written = " ".join([*order[:4], ",".join(f"L{number}" for number in numbers), *rest])
        if all(found) and _is_taken(written):
            names = " and ".join(_DAY_NAMES[number] for number in numbers)
            return f"Use {written!r} for the last {names} of a month"
        return (
            "Write the last Friday of a month as L5, or L1,L5 with the last Monday, and other days as another schedule"
        )
    return "Use five fields, such as '0 2 * * 1-5'"


def _weekday_number(day: str) -> int:
    names = [name[:3].lower() for name in _DAY_NAMES]
    return int(day) % len(names) if day.isdigit() else names.index(day.lower())


def _is_taken(expression: str) -> bool:
    try:
        return tick(expression, _SOMEWHEN) is not None
    except _REFUSALS:
        return False


def has_every_hour(expression: str) -> bool:
    """Return True if the expression runs every hour (`airflow.timetables._cron._covers_every_hour`)."""
    return bool(fields_of(expression)[1] == ["*"])


@lru_cache(maxsize=256)
def fields_of(expression: str) -> list[list[Any]]:
    """Return the values that each field allows, in order; `["*"]` for all values."""
    from croniter import croniter  # type: ignore[import-untyped]

    found: list[list[Any]] = croniter(expression, _SOMEWHEN).expanded
    return found


@lru_cache(maxsize=256)
def has_nth_weekday(expression: str) -> bool:
    """Return True for days such as the second Monday (`1#2`) or the last Friday (`L5`)."""
    from croniter import croniter

    return bool(croniter(expression, _SOMEWHEN).nth_weekday_of_month)


@lru_cache(maxsize=4096)
def tick(expression: str, wall: datetime, *, forward: bool = True) -> datetime | None:
    """Return the next clock time after `wall` that the expression matches, or the last one before `wall`, if any."""
    from croniter import CroniterBadDateError, croniter

    steps = croniter(expression, wall)
    try:
        found: datetime = steps.get_next(datetime) if forward else steps.get_prev(datetime)
    except CroniterBadDateError:
        return None
    return found


def _later(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the last moment at which the clock shows this time. A time that the clock skips is shifted forward."""
    return max(wall.replace(tzinfo=zone, fold=fold).astimezone(timezone.utc) for fold in (0, 1))
