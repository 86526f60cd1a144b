"""What every timetable has: the run that comes next, and the data interval of one that is triggered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

from .version import DEFAULT_VERSION, AirflowVersion

Delta: TypeAlias = timedelta | Any
"""A `timedelta`, or a `relativedelta` of dateutil's."""


@dataclass(frozen=True)
class DataInterval:
    """The time whose data a run is for; it has the earliest moment in it, and not the latest."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class ScheduledRun:
    """A run that a schedule makes (`airflow.timetables.base.DagRunInfo`). All moments are in UTC.

    Attributes:
        logical_date: What `ds` and `ts` are made of.
        data_interval_start: The earliest moment of the data that the run is for.
        data_interval_end: The moment after the latest.
        run_after: When the run may start.
    """

    logical_date: datetime
    data_interval_start: datetime
    data_interval_end: datetime
    run_after: datetime

    @property
    def data_interval(self) -> DataInterval:
        """Both ends of it."""
        return DataInterval(self.data_interval_start, self.data_interval_end)


@dataclass(frozen=True)
class Bounds:
    """What Airflow's scheduler knows of a DAG when it asks for the next run.

    Attributes:
        earliest: The DAG's `start_date`.
        latest: The DAG's `end_date`.
        catchup: Whether runs are made for what was missed.
        now: The present.
        airflow_version: Whose scheduler it is.
    """

    earliest: datetime | None
    latest: datetime | None
    catchup: bool
    now: datetime
    airflow_version: AirflowVersion = DEFAULT_VERSION


class Timetable(Protocol):
    """When a DAG runs, and for which data (`airflow.timetables.base.Timetable`)."""

    @property
    def is_periodic(self) -> bool:
        """Whether it has runs at given moments, so that there is something to fill in later."""

    def next_run(self, last: DataInterval | None, bounds: Bounds) -> ScheduledRun | None:
        """The run that the scheduler makes after the one with this interval; the first where there was none."""

    def manual_interval(self, moment: datetime) -> DataInterval:
        """The interval of a run that is triggered for this moment."""


class Steps(Protocol):
    """The moments of a schedule, to be stepped through."""

    def next(self, moment: datetime) -> datetime:
        """The first moment that is later."""

    def prev(self, moment: datetime) -> datetime:
        """The last moment that is earlier."""

    def align_next(self, moment: datetime) -> datetime:
        """The moment itself where it is one of them, else the first one after it."""

    def align_prev(self, moment: datetime) -> datetime:
        """The moment itself where it is one of them, else the last one before it."""


@dataclass(frozen=True)
class DeltaSteps:
    """A delta's moments, of which any moment may be one (`airflow.timetables._delta.DeltaMixin`)."""

    delta: Delta

    def next(self, moment: datetime) -> datetime:
        """One delta later."""
        later: datetime = moment + self.delta
        return later

    def prev(self, moment: datetime) -> datetime:
        """One delta earlier."""
        earlier: datetime = moment - self.delta
        return earlier

    def align_next(self, moment: datetime) -> datetime:
        """The moment itself."""
        return moment

    def align_prev(self, moment: datetime) -> datetime:
        """The moment itself."""
        return moment


def run_of(start: datetime, end: datetime) -> ScheduledRun:
    """The run of an interval: it starts when the interval is over."""
    return ScheduledRun(start, start, end, end)
