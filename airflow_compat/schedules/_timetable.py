"""The interface of timetables: the next run, and the data interval of a manual run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol, TypeAlias

from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from .._airflow.zones import zone_name
from ..errors import InvalidScheduleError
from ._cron import Cron, checked_cron

Delta: TypeAlias = timedelta | Any
"""A `timedelta`, or dateutil's `relativedelta`."""


@dataclass(frozen=True)
class DataInterval:
    """The time range of a run's data: the start is included, the end is not."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class ScheduledRun:
    """A run of a schedule (`airflow.timetables.base.DagRunInfo`). All moments are in UTC.

    Attributes:
        logical_date: The date that `ds` and `ts` show.
        data_interval_start: The start of the run's data interval.
        data_interval_end: The end of the run's data interval, exclusive.
        run_after: The earliest start of the run.
    """

    logical_date: datetime
    data_interval_start: datetime
    data_interval_end: datetime
    run_after: datetime

    @property
    def data_interval(self) -> DataInterval:
        return DataInterval(self.data_interval_start, self.data_interval_end)


@dataclass(frozen=True)
class ScheduleBounds:
    """A DAG's dates and settings, which limit the time of the next run."""

    earliest: datetime | None
    latest: datetime | None
    catchup: bool
    now: datetime
    airflow_version: AirflowVersion = DEFAULT_VERSION


class Timetable(Protocol):
    """A DAG's run times and data intervals (`airflow.timetables.base.Timetable`).

    Attributes:
        is_periodic: Whether the run times are known in advance, so that a backfill can create the runs.
    """

    is_periodic: ClassVar[bool]

    def next_run(self, last: DataInterval | None, bounds: ScheduleBounds) -> ScheduledRun | None:
        """Return the scheduler's next run after the run with the interval `last`; the first run if `last` is None."""

    def manual_interval(self, moment: datetime) -> DataInterval:
        """Return the data interval of a manual run with this logical date."""


@dataclass(frozen=True)
class DeltaSteps:
    """Steps by one delta, from any moment (`airflow.timetables._delta.DeltaMixin`)."""

    delta: Any

    def next(self, moment: datetime) -> datetime:
        return moment + self.delta  # type: ignore[no-any-return]

    def prev(self, moment: datetime) -> datetime:
        return moment - self.delta  # type: ignore[no-any-return]

    def align_next(self, moment: datetime) -> datetime:
        return moment

    def align_prev(self, moment: datetime) -> datetime:
        return moment


Steps: TypeAlias = Cron | DeltaSteps
"""An object that steps from one moment of a schedule to the next or previous one."""


class CronTimetable:
    """Base class of cron timetables (`airflow.timetables._cron.CronMixin`)."""

    is_periodic: ClassVar[bool] = True
    cron: str
    timezone: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "cron", checked_cron(self.cron))
        object.__setattr__(self, "timezone", zone_name(self.timezone))

    @property
    def steps(self) -> Cron:
        return Cron(self.cron, self.timezone)


class DeltaTimetable:
    """Base class of delta timetables (`airflow.timetables._delta.DeltaMixin`)."""

    is_periodic: ClassVar[bool] = True
    delta: Delta

    def __post_init__(self) -> None:
        somewhen = datetime(2000, 1, 1)  # noqa: DTZ001 - any day will do
        if somewhen + self.delta <= somewhen:
            raise InvalidScheduleError(f"schedule {self.delta!r} is not positive. Use a positive delta")

    @property
    def steps(self) -> DeltaSteps:
        return DeltaSteps(self.delta)


def run_of(start: datetime, end: datetime) -> ScheduledRun:
    """Return the run of a data interval. The run starts when the interval ends."""
    return ScheduledRun(start, start, end, end)
