"""Timetables that run at given moments, and say apart from that which data is meant (`airflow.timetables.trigger`)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..errors import InvalidScheduleError
from .cron import Cron, checked_cron
from .timetable import Bounds, DataInterval, Delta, DeltaSteps, ScheduledRun, Steps
from .zones import zone_name

_NOTHING = timedelta()


@dataclass(frozen=True)
class CronTriggerTimetable:
    """A run at each moment of a cron expression; in Airflow 3 what `schedule="0 2 * * *"` means.

    Args:
        cron: The expression, or a preset such as `@daily`.
        timezone: The zone that it is meant in: a name, or an object that has one.
        interval: How long before the run's moment its data interval starts.
        run_immediately: Which past moment a DAG without `start_date` starts with; Airflow 3 alone.

    Raises:
        InvalidScheduleError: The expression is none, or the time zone.
    """

    cron: str
    timezone: str = field(kw_only=True)
    interval: Delta = field(default=_NOTHING, kw_only=True)
    run_immediately: bool | timedelta = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cron", checked_cron(self.cron))
        object.__setattr__(self, "timezone", zone_name(self.timezone))

    @property
    def is_periodic(self) -> bool:
        """Yes."""
        return True

    @property
    def steps(self) -> Cron:
        """Its moments."""
        return Cron(self.cron, self.timezone)

    def next_run(self, last: DataInterval | None, bounds: Bounds) -> ScheduledRun | None:
        """See `Timetable`."""
        return _next_run(self.steps, self.interval, self._first, last, bounds)

    def manual_interval(self, moment: datetime) -> DataInterval:
        """See `Timetable`."""
        return DataInterval(moment - self.interval, moment)

    def _first(self, now: datetime) -> datetime:
        """Where a DAG that says nothing of its start begins: with the past moment, if that isn't long ago."""
        past, following = self.steps.align_prev(now), self.steps.align_next(now)
        if self.run_immediately is True:
            return past
        # Airflow makes no difference between False and None here.
        patience = (
            self.run_immediately
            if isinstance(self.run_immediately, timedelta)
            else max((following - past) / 10, timedelta(minutes=5))
        )
        return past if now - past <= patience else following


@dataclass(frozen=True)
class DeltaTriggerTimetable:
    """A run each time that a delta has passed; in Airflow 3 what `schedule=timedelta(hours=7)` means.

    Args:
        delta: A `timedelta`, or a `relativedelta` of dateutil's; more than nothing.
        interval: How long before the run's moment its data interval starts.

    Raises:
        InvalidScheduleError: The delta leads nowhere.
    """

    delta: Delta
    interval: Delta = field(default=_NOTHING, kw_only=True)

    def __post_init__(self) -> None:
        check_delta(self.delta)

    @property
    def is_periodic(self) -> bool:
        """Yes."""
        return True

    @property
    def steps(self) -> DeltaSteps:
        """Its moments."""
        return DeltaSteps(self.delta)

    def next_run(self, last: DataInterval | None, bounds: Bounds) -> ScheduledRun | None:
        """See `Timetable`."""
        return _next_run(self.steps, self.interval, lambda now: now, last, bounds)

    def manual_interval(self, moment: datetime) -> DataInterval:
        """See `Timetable`."""
        return DataInterval(moment - self.interval, moment)


@dataclass(frozen=True, init=False)
class MultipleCronTriggerTimetable:
    """A run at each moment of several cron expressions; one where they fall together. Airflow 3 alone.

    Args:
        crons: The expressions.
        timezone: See `CronTriggerTimetable`, as for the others.
        interval: How long before the run's moment its data interval starts.
        run_immediately: Which past moment a DAG without `start_date` starts with.

    Raises:
        InvalidScheduleError: There is no expression, or one is none, or the time zone.
    """

    timetables: tuple[CronTriggerTimetable, ...]

    def __init__(
        self,
        *crons: str,
        timezone: str,
        interval: Delta = _NOTHING,
        run_immediately: bool | timedelta = False,
    ) -> None:
        if not crons:
            raise InvalidScheduleError("MultipleCronTriggerTimetable has no cron expression; give it one or more")
        timetables = tuple(
            CronTriggerTimetable(cron, timezone=timezone, interval=interval, run_immediately=run_immediately)
            for cron in crons
        )
        object.__setattr__(self, "timetables", timetables)

    @property
    def is_periodic(self) -> bool:
        """Yes."""
        return True

    def next_run(self, last: DataInterval | None, bounds: Bounds) -> ScheduledRun | None:
        """The first of them that wants to run; without catch-up, the latest that is due."""

        def key(run: ScheduledRun | None) -> float:
            if run is None:
                return math.inf
            at = run.logical_date.timestamp()
            return -at if not bounds.catchup and at <= bounds.now.timestamp() else at

        return min((each.next_run(last, bounds) for each in self.timetables), key=key)

    def manual_interval(self, moment: datetime) -> DataInterval:
        """See `Timetable`."""
        return self.timetables[0].manual_interval(moment)


def check_delta(delta: Delta) -> None:
    """Refuse a delta that leads nowhere, or back.

    Raises:
        InvalidScheduleError: It does.
    """
    somewhen = datetime(2000, 1, 1)  # noqa: DTZ001 - any day will do
    if somewhen + delta <= somewhen:
        raise InvalidScheduleError(f"schedule {delta!r} is not more than nothing; write a positive delta")


def _next_run(
    steps: Steps,
    interval: Delta,
    first: Callable[[datetime], datetime],
    last: DataInterval | None,
    bounds: Bounds,
) -> ScheduledRun | None:
    """`airflow.timetables.trigger._TriggerTimetable.next_dagrun_info`."""
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
