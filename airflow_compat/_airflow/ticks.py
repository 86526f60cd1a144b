"""Compute the ticks of cron expressions and intervals.

Where Airflow and Prefect differ, the computed ticks follow Prefect, because Prefect starts the runs. If the clock shows
a time of day twice, Prefect starts a run at the first occurrence. Airflow starts the run at the second occurrence or,
for an hourly cron expression, starts a run at each occurrence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from .zones import in_utc, wall_time

# A time longer than the largest clock change.
_TURN = timedelta(hours=3)


@dataclass(frozen=True)
class CronTicks:
    """The ticks of a cron expression, as croniter reads it (`airflow.timetables._cron.CronMixin`).

    A time of day that the clock skips is shifted forward.

    Attributes:
        cron: The expression, with five or six fields.
        timezone: The name of the expression's time zone.
        day_or: True if it is enough that the day of month or the day of week matches, as in Airflow; False if both must
            match.
    """

    cron: str
    timezone: str = "UTC"
    day_or: bool = True

    def before(self, moment: datetime) -> datetime | None:
        return self._next(moment, forward=False)

    def after(self, moment: datetime) -> datetime | None:
        return self._next(moment, forward=True)

    def latest_end(self, moment: datetime) -> datetime | None:
        start = self.before(moment)
        return moment if start is not None and self.after(start) == moment else start

    def _next(self, moment: datetime, *, forward: bool) -> datetime | None:
        from croniter import CroniterBadDateError, croniter  # type: ignore[import-untyped]

        zone = ZoneInfo(self.timezone)
        moment = in_utc(moment, "UTC")
        # Soon after a clock change, a neighbouring tick may be before the change, with another offset from UTC.
        walls = [wall_time(moment, zone), wall_time(moment - _TURN, zone) + _TURN]
        steps = croniter(self.cron, min(walls) if forward else max(walls), day_or=self.day_or)
        while True:
            try:
                wall = steps.get_next(datetime) if forward else steps.get_prev(datetime)
            except CroniterBadDateError:
                return None
            tick = _moment(wall, zone)
            if tick > moment if forward else tick < moment:
                return tick


@dataclass(frozen=True)
class IntervalTicks:
    """The ticks of an interval that has no anchor date: the tick before a moment is one interval before this moment.

    Whole days of the interval are calendar days, and the rest is elapsed time. In UTC, the ticks are those of Airflow's
    `DeltaDataIntervalTimetable`.

    Attributes:
        interval: The time between two ticks; greater than zero.
        timezone: The name of the calendar's time zone.
    """

    interval: timedelta
    timezone: str = "UTC"

    def before(self, moment: datetime) -> datetime:
        return self._days_on(in_utc(moment, "UTC") - self._rest, -self.interval.days)

    def after(self, moment: datetime) -> datetime:
        return self._days_on(in_utc(moment, "UTC"), self.interval.days) + self._rest

    def latest_end(self, moment: datetime) -> datetime:
        """Return the moment itself, as Airflow does for a manual run."""
        return moment

    @property
    def _rest(self) -> timedelta:
        return self.interval - timedelta(days=self.interval.days)

    def _days_on(self, moment: datetime, days: int) -> datetime:
        # If the interval has no whole days, return the moment itself: a conversion would turn a repeated time of day
        # into its first occurrence.
        zone = ZoneInfo(self.timezone)
        return _moment(wall_time(moment, zone) + timedelta(days=days), zone) if days else moment


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment at which the clock shows this time. A time that the clock skips is shifted forward."""
    return wall.replace(tzinfo=zone).astimezone(timezone.utc)
