"""Timetables of data intervals, each of whose runs starts when its interval is over (`airflow.timetables.interval`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from .cron import Cron, checked_cron
from .timetable import Bounds, DataInterval, Delta, DeltaSteps, ScheduledRun, Steps, run_of
from .trigger_timetables import check_delta
from .zones import zone_name

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DAY_SECONDS = 86400


@dataclass(frozen=True)
class CronDataIntervalTimetable:
    """An interval from each moment of a cron expression to the next; in Airflow 2 what `schedule="0 2 * * *"` means.

    Args:
        cron: The expression, or a preset such as `@daily`.
        timezone: The zone that it is meant in: a name, or an object that has one.

    Raises:
        InvalidScheduleError: The expression is none, or the time zone.
    """

    cron: str
    timezone: str

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
        return _next_run(self.steps, self._latest, last, bounds)

    def manual_interval(self, moment: datetime) -> DataInterval:
        """The last interval that is over."""
        end = self.steps.align_prev(moment)
        return DataInterval(self.steps.prev(end), end)

    def _latest(self, bounds: Bounds) -> datetime:
        """Where the last interval starts that is over, or is just about to be."""
        start = self.steps.prev(bounds.now)
        if self.steps.next(start) != bounds.now:
            start = self.steps.prev(start)
        return start if bounds.earliest is None else max(start, self.steps.align_next(bounds.earliest))


@dataclass(frozen=True)
class DeltaDataIntervalTimetable:
    """Intervals of one length, each from the end of the one before; in Airflow 2 what `schedule=timedelta(...)` means.

    Args:
        delta: A `timedelta`, or a `relativedelta` of dateutil's; more than nothing.

    Raises:
        InvalidScheduleError: The delta leads nowhere.
    """

    delta: Delta

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
        return _next_run(self.steps, self._latest, last, bounds)

    def manual_interval(self, moment: datetime) -> DataInterval:
        """One delta up to the moment."""
        return DataInterval(self.steps.prev(moment), moment)

    def _latest(self, bounds: Bounds) -> datetime:
        """Without catch-up, intervals of fixed length lie on a grid that starts with the epoch."""
        start = self.steps.prev(self._round(bounds.now, bounds))
        return start if bounds.earliest is None else max(start, bounds.earliest)

    def _round(self, moment: datetime, bounds: Bounds) -> datetime:
        if bounds.airflow_version == "3" and has_months(self.delta):
            # Month by month, since a day that a month lacks is lost for good.
            rounded = bounds.earliest or moment
            while (following := self.steps.next(rounded)) <= moment:
                rounded = following
            return rounded
        seconds = _seconds(self.delta)
        since = (moment - _EPOCH).total_seconds()
        return _EPOCH + timedelta(seconds=since - since % seconds)


def has_months(delta: Delta) -> bool:
    """Whether its length depends on the calendar."""
    return not isinstance(delta, timedelta) and bool(delta.months or delta.years)


def _seconds(delta: Delta) -> float:
    """The length that Airflow rounds by."""
    if isinstance(delta, timedelta):
        return delta.total_seconds()
    days = delta.years * 365 + delta.months * 30 + delta.days
    return float(days * _DAY_SECONDS + delta.hours * 3600 + delta.minutes * 60 + delta.seconds)


def _next_run(
    steps: Steps, latest: Callable[[Bounds], datetime], last: DataInterval | None, bounds: Bounds
) -> ScheduledRun | None:
    """`airflow.timetables.interval._DataIntervalTimetable.next_dagrun_info`."""
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
        # After a change of schedule the interval may be one that there was already.
        if bounds.airflow_version == "3" and start <= last.start:
            start = steps.next(start)
    if bounds.latest is not None and start > bounds.latest:
        return None
    return run_of(start, steps.next(start))
