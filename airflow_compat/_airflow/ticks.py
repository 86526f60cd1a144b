"""The moments at which cron expressions and intervals run something, in a time zone whose clock may be turned.

Where Airflow and Prefect differ, these are Prefect's moments, since the runs are Prefect's: of a time of day that the
clock shows twice, it knows the first alone. Airflow takes the second, and both where a cron expression has every hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

# Longer than any clock is turned.
_TURN = timedelta(hours=3)


@dataclass(frozen=True)
class CronTicks:
    """Those of a cron expression, as croniter reads it (`airflow.timetables._cron.CronMixin`).

    A time of day that the clock skips runs later by what was skipped.

    Attributes:
        cron: The expression, of five or six fields.
        timezone: The name of the time zone that it is meant in.
        day_or: Whether a day has to match one of day of month and day of week, and not both; Airflow knows no other.
    """

    cron: str
    timezone: str = "UTC"
    day_or: bool = True

    def before(self, moment: datetime) -> datetime | None:
        """The last tick that is earlier than the moment."""
        return self._next(moment, forward=False)

    def after(self, moment: datetime) -> datetime | None:
        """The first tick that is later than the moment."""
        return self._next(moment, forward=True)

    def latest_end(self, moment: datetime) -> datetime | None:
        """The moment itself where it is a tick, else the last one before it."""
        start = self.before(moment)
        return moment if start is not None and self.after(start) == moment else start

    def _next(self, moment: datetime, *, forward: bool) -> datetime | None:
        from croniter import CroniterBadDateError, croniter  # type: ignore[import-untyped]

        zone = ZoneInfo(self.timezone)
        moment = _utc(moment)
        # Once the clock was turned, ticks are near that stand at the times of the clock as it was.
        walls = [_wall(moment, zone), _wall(moment - _TURN, zone) + _TURN]
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
    """Those of an interval, which needs no anchor: one interval before a run's moment is the run before it.

    The interval's whole days are the calendar's, and the rest is time that passes; in UTC this is Airflow's
    `DeltaDataIntervalTimetable`.

    Attributes:
        interval: What lies between two ticks; more than nothing.
        timezone: The name of the time zone of the calendar.
    """

    interval: timedelta
    timezone: str = "UTC"

    def before(self, moment: datetime) -> datetime:
        """The moment that is one interval earlier."""
        return self._days_on(_utc(moment) - self._rest, -self.interval.days)

    def after(self, moment: datetime) -> datetime:
        """The moment that is one interval later."""
        return self._days_on(_utc(moment), self.interval.days) + self._rest

    def latest_end(self, moment: datetime) -> datetime:
        """The moment itself: in Airflow, a manual run's interval ends when it was triggered, wherever that is."""
        return moment

    @property
    def _rest(self) -> timedelta:
        return self.interval - timedelta(days=self.interval.days)

    def _days_on(self, moment: datetime, days: int) -> datetime:
        # Without a day to go, the second of two equal times of day has to stay the second.
        zone = ZoneInfo(self.timezone)
        return _moment(_wall(moment, zone) + timedelta(days=days), zone) if days else moment


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the clock shows: a plain datetime, also of pendulum's, whose arithmetic is another."""
    local = moment.astimezone(zone)
    return datetime.combine(local.date(), local.time().replace(fold=0))


def _utc(moment: datetime) -> datetime:
    return _wall(moment, ZoneInfo("UTC")).replace(tzinfo=timezone.utc)


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """When the clock shows it, for the first time; if never, as if it had not been turned."""
    return wall.replace(tzinfo=zone).astimezone(timezone.utc)
