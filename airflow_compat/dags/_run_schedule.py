"""Reads a DAG's schedule to find the dates of one run, of the run before it and of the run after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._airflow.data_interval import RunDates, neighbours
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from .._prefect.datetimes import in_pendulum, plain
from .._prefect.run_logger import Logger
from ..authoring import BaseTimetable
from ..errors import InvalidScheduleError, UnsupportedFeatureError
from ..schedules import CronDataIntervalTimetable, DataInterval, DeltaDataIntervalTimetable, read_schedule
from ..schedules._timetable import ScheduleBounds
from ._schedule import schedule_of

if TYPE_CHECKING:
    from ..authoring import DAG
    from ..schedules import Schedule, ScheduledRun
    from ..schedules._timetable import Timetable


@dataclass(frozen=True)
class OwnTimetable:
    """The schedule of a DAG with a custom timetable. Prefect does not start runs of a DAG with a custom timetable."""

    timetable: Any
    assets: None = None
    airflow_version: AirflowVersion = DEFAULT_VERSION

    def data_interval_for(self, run_moment: datetime) -> DataInterval:
        """Return the data interval of a manual run; empty if the timetable has no method for this."""
        try:
            interval = self.timetable.infer_manual_data_interval(run_after=in_pendulum(run_moment))
        except NotImplementedError:
            return DataInterval(run_moment, run_moment)
        return DataInterval(plain(interval.start), plain(interval.end))

    def runs_between(self, start: datetime, end: datetime) -> Iterator[ScheduledRun]:  # noqa: ARG002 - as in Schedule
        """Return no runs, because only Airflow's scheduler can ask a custom timetable for runs."""
        return iter(())


def run_schedule_of(dag: DAG, logger: Logger) -> Schedule | OwnTimetable:
    """Return a DAG's schedule, from which the dates of one run are computed.

    A schedule without a counterpart in Prefect counts as no schedule, with a warning.
    """
    if isinstance(dag.schedule, BaseTimetable):
        return OwnTimetable(dag.schedule)
    try:
        return schedule_of(dag)
    except (InvalidScheduleError, UnsupportedFeatureError) as error:
        logger.warning("The data interval of this run of %s starts and ends at its logical date: %s", dag.dag_id, error)
        return read_schedule(None, airflow_version=dag.airflow_version)


def neighbours_of(dag: DAG, dates: RunDates) -> dict[str, Any]:
    """Return the context values of Airflow 2 about the previous and next run, computed from the DAG's schedule."""
    ticks = None
    if not isinstance(dag.schedule, BaseTimetable):
        with suppress(InvalidScheduleError, UnsupportedFeatureError):
            ticks = _StepTicks(schedule_of(dag).timetable)
    found = neighbours(dates, ticks)
    return {key: in_pendulum(value) if isinstance(value, datetime) else value for key, value in found.items()}


@dataclass(frozen=True)
class _StepTicks:
    """The ticks of a timetable, as Airflow 2.11 computes them (`models.taskinstance._get_template_context`)."""

    timetable: Timetable

    def before(self, moment: datetime) -> datetime | None:
        """Return the previous tick; as in Airflow, None if the timetable has no data intervals."""
        if isinstance(self.timetable, (CronDataIntervalTimetable, DeltaDataIntervalTimetable)):
            return self.timetable.steps.prev(moment)
        return None

    def after(self, moment: datetime) -> datetime | None:
        return self.latest_end(moment)

    def latest_end(self, moment: datetime) -> datetime | None:
        """Return the logical date of the run that follows a data interval which ends at this time."""
        bounds = ScheduleBounds(None, None, catchup=True, now=moment, airflow_version="2")
        following = self.timetable.next_run(DataInterval(moment, moment), bounds)
        return None if following is None else following.logical_date
