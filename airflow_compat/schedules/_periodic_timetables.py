"""Timetables that repeat by a cron expression or a delta.

A data interval timetable starts each run at the end of its data interval (`airflow.timetables.interval`). A trigger
timetable starts runs at given moments, with an independent data interval (`airflow.timetables.trigger`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import ClassVar

from ..errors import InvalidScheduleError
from ._timetable import CronTimetable, DataInterval, Delta, DeltaTimetable, ScheduleBounds, ScheduledRun, Steps, run_of

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DAY_SECONDS = 86400
_NOTHING = timedelta()


@dataclass(frozen=True)
class CronDataIntervalTimetable(CronTimetable):
    """Runs a DAG for each interval between two successive times that the cron expression matches.

    In Airflow 2, `schedule="0 2 * * *"` means this timetable.

    Args:
        cron: The expression, or a preset such as `@daily`.
        timezone: The expression's time zone: a name or an object.

    Raises:
        InvalidScheduleError: The expression or the time zone is invalid.
    """

    cron: str
    timezone: str

    def next_run(self, last: DataInterval | None, bounds: ScheduleBounds) -> ScheduledRun | None:
        """See `Timetable`."""
        return _next_interval_run(self.steps, self._latest, last, bounds)

    def manual_interval(self, moment: datetime) -> DataInterval:
        """Return the last interval that has ended."""
        end = self.steps.align_prev(moment)
        return DataInterval(self.steps.prev(end), end)

    def _latest(self, bounds: ScheduleBounds) -> datetime:
        """Return the start of the last interval that has ended or ends now."""
        start = self.steps.prev(bounds.now)
        if self.steps.next(start) != bounds.now:
            start = self.steps.prev(start)
        return start if bounds.earliest is None else max(start, self.steps.align_next(bounds.earliest))


@dataclass(frozen=True)
class DeltaDataIntervalTimetable(DeltaTimetable):
    """Runs a DAG for each interval of length `delta`. In Airflow 2, `schedule=timedelta(...)` means this timetable.

    Args:
        delta: A positive `timedelta` or dateutil `relativedelta`.

    Raises:
        InvalidScheduleError: The delta is not positive.
    """

    delta: Delta

    def next_run(self, last: DataInterval | None, bounds: ScheduleBounds) -> ScheduledRun | None:
        """See `Timetable`."""
        return _next_interval_run(self.steps, self._latest, last, bounds)

    def manual_interval(self, moment: datetime) -> DataInterval:
        """Return the interval that ends at the moment and is one delta long."""
        return DataInterval(self.steps.prev(moment), moment)

    def _latest(self, bounds: ScheduleBounds) -> datetime:
        """Return the start of the last complete interval. Intervals of fixed length count from the epoch."""
        start = self.steps.prev(self._round(bounds.now, bounds))
        return start if bounds.earliest is None else max(start, bounds.earliest)

    def _round(self, moment: datetime, bounds: ScheduleBounds) -> datetime:
        if bounds.airflow_version == "3" and has_months(self.delta):
            # Add the delta month by month: after a short month, all later dates keep the earlier day.
            rounded = bounds.earliest or moment
            while (following := self.steps.next(rounded)) <= moment:
                rounded = following
            return rounded
        seconds = _seconds(self.delta)
        since = (moment - EPOCH).total_seconds()
        return EPOCH + timedelta(seconds=since - since % seconds)


def has_months(delta: Delta) -> bool:
    return not isinstance(delta, timedelta) and bool(delta.months or delta.years)


def _seconds(delta: Delta) -> float:
    if isinstance(delta, timedelta):
        return delta.total_seconds()
    days = delta.years * 365 + delta.months * 30 + delta.days
    return float(days * _DAY_SECONDS + delta.hours * 3600 + delta.minutes * 60 + delta.seconds)


def _next_interval_run(
    steps: Steps, latest: Callable[[ScheduleBounds], datetime], last: DataInterval | None, bounds: ScheduleBounds
) -> ScheduledRun | None:
    """Follow `airflow.timetables.interval._DataIntervalTimetable.next_dagrun_info`."""
    earliest = bounds.earliest
    if not bounds.catchup:
        earliest = latest(bounds)
    elif earliest is not None:
        earliest = steps.align_next(earliest)
    if last is None:
        if earliest is None:
            return None
        start = earliest
    else:
        start = steps.align_prev(last.end)
        if earliest is not None:
            start = max(start, earliest)
        # After a schedule change, the interval may repeat an earlier one.
        if bounds.airflow_version == "3" and start <= last.start:
            start = steps.next(start)
    return None if bounds.latest is not None and start > bounds.latest else run_of(start, steps.next(start))


@dataclass(frozen=True)
class CronTriggerTimetable(CronTimetable):
    """Runs a DAG at each time that the cron expression matches.

    In Airflow 3, `schedule="0 2 * * *"` means this timetable.

    Args:
        cron: The expression, or a preset such as `@daily`.
        timezone: The expression's time zone: a name or an object.
        interval: The length of the data interval, which ends at the run's moment.
        run_immediately: For a DAG without `start_date`: whether the latest past cron time is its first run, or the
            maximum age of that time. Not available in Airflow 2.

    Raises:
        InvalidScheduleError: The expression or the time zone is invalid.
    """

    cron: str
    timezone: str = field(kw_only=True)
    interval: Delta = field(default=_NOTHING, kw_only=True)
    run_immediately: bool | timedelta = field(default=False, kw_only=True)

    def next_run(self, last: DataInterval | None, bounds: ScheduleBounds) -> ScheduledRun | None:
        """See `Timetable`."""
        return _next_trigger_run(self.steps, self.interval, self._first, last, bounds)

    def manual_interval(self, moment: datetime) -> DataInterval:
        """See `Timetable`."""
        return DataInterval(moment - self.interval, moment)

    def _first(self, now: datetime) -> datetime:
        """Return the first run time of a DAG without a start date: a recent past time, else the next time."""
        past, following = self.steps.align_prev(now), self.steps.align_next(now)
        if self.run_immediately is True:
            return past
        # For False and for None, Airflow uses the same default.
        patience = (
            self.run_immediately
            if isinstance(self.run_immediately, timedelta)
            else max((following - past) / 10, timedelta(minutes=5))
        )
        return past if now - past <= patience else following


@dataclass(frozen=True)
class DeltaTriggerTimetable(DeltaTimetable):
    """Runs a DAG repeatedly, with one delta between two runs.

    In Airflow 3, `schedule=timedelta(hours=7)` means this timetable.

    Args:
        delta: A positive `timedelta` or dateutil `relativedelta`.
        interval: The length of the data interval, which ends at the run's moment.

    Raises:
        InvalidScheduleError: The delta is not positive.
    """

    delta: Delta
    interval: Delta = field(default=_NOTHING, kw_only=True)

    def next_run(self, last: DataInterval | None, bounds: ScheduleBounds) -> ScheduledRun | None:
        """See `Timetable`."""
        return _next_trigger_run(self.steps, self.interval, lambda now: now, last, bounds)

    def manual_interval(self, moment: datetime) -> DataInterval:
        """See `Timetable`."""
        return DataInterval(moment - self.interval, moment)


@dataclass(frozen=True, init=False)
class MultipleCronTriggerTimetable:
    """Runs a DAG at each moment that one or more of the cron expressions match. Not available in Airflow 2.

    Args:
        crons: The expressions.
        timezone: The time zone of all expressions: a name or an object.
        interval: As in `CronTriggerTimetable`.
        run_immediately: As in `CronTriggerTimetable`.

    Raises:
        InvalidScheduleError: There is no expression, or an expression or the time zone is invalid.
    """

    is_periodic: ClassVar[bool] = True
    timetables: tuple[CronTriggerTimetable, ...]

    def __init__(
        self,
        *crons: str,
        timezone: str,
        interval: Delta = _NOTHING,
        run_immediately: bool | timedelta = False,
    ) -> None:
        if not crons:
            raise InvalidScheduleError(
                "MultipleCronTriggerTimetable has no cron expression. Pass at least one expression"
            )
        timetables = tuple(
            CronTriggerTimetable(cron, timezone=timezone, interval=interval, run_immediately=run_immediately)
            for cron in crons
        )
        object.__setattr__(self, "timetables", timetables)

    def next_run(self, last: DataInterval | None, bounds: ScheduleBounds) -> ScheduledRun | None:
        """Return the earliest of the expressions' next runs; without catch-up, the latest of those that are due."""

        def key(run: ScheduledRun | None) -> float:
            if run is None:
                return math.inf
            at = run.logical_date.timestamp()
            return -at if not bounds.catchup and at <= bounds.now.timestamp() else at

        return min((each.next_run(last, bounds) for each in self.timetables), key=key)

    def manual_interval(self, moment: datetime) -> DataInterval:
        """See `Timetable`."""
        return self.timetables[0].manual_interval(moment)


def _next_trigger_run(
    steps: Steps,
    interval: Delta,
    first: Callable[[datetime], datetime],
    last: DataInterval | None,
    bounds: ScheduleBounds,
) -> ScheduledRun | None:
    """Follow `airflow.timetables.trigger._TriggerTimetable.next_dagrun_info`."""
    earliest = bounds.earliest
    if bounds.catchup and last is None and earliest is None and bounds.airflow_version == "2":
        return None
    candidates = [] if bounds.catchup else [steps.align_prev(bounds.now)]
    if last is not None:
        candidates.append(steps.next(last.end))
    elif earliest is None and bounds.airflow_version == "3":
        candidates.append(first(bounds.now))
    if earliest is not None and not (bounds.catchup and last is not None):
        candidates.append(steps.align_next(earliest))
    moment = max(candidates)
    if bounds.latest is not None and bounds.latest < moment:
        return None
    return ScheduledRun(moment - interval, moment - interval, moment, moment)
