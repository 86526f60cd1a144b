"""A DAG's schedule: when it runs, for which data, and what Prefect is to have for it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import islice
from typing import Any

from .._airflow.assets import AssetCondition
from .._airflow.read_schedule import read_value
from .._airflow.timetable import Bounds, DataInterval, ScheduledRun, Timetable
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from .._airflow.zones import in_utc, zone_name
from ..errors import InvalidScheduleError, UnsupportedFeatureWarning
from .recurrence import Entries
from .schedule_entries import entries_of


@dataclass(frozen=True)
class Schedule:
    """When a DAG runs, as its own arguments say it. `read_schedule` makes one.

    Attributes:
        timetable: Its moments and data intervals.
        assets: What it waits for, beside or in place of moments.
        start_date: Its first logical date, or None; in UTC, as the others.
        end_date: Its last logical date, or None.
        timezone: The name of the DAG's time zone.
        catchup: Whether Airflow makes the runs that were missed.
        airflow_version: Whose rules hold.
    """

    timetable: Timetable
    assets: AssetCondition | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    timezone: str = "UTC"
    catchup: bool = False
    airflow_version: AirflowVersion = DEFAULT_VERSION

    def data_interval_for(self, run_moment: datetime) -> DataInterval:
        """The data interval of a run at a moment: the schedule's, or one that is triggered.

        Args:
            run_moment: When it runs; without an offset, in UTC.
        """
        return self.timetable.manual_interval(in_utc(run_moment, "UTC"))

    def next_runs(self, after: datetime, count: int, *, last: DataInterval | None = None) -> tuple[ScheduledRun, ...]:
        """The runs that Airflow's scheduler makes from a moment on, each at its time.

        For a DAG that has had no run, catch-up begins at its `start_date`, however long ago that is; without catch-up
        the scheduler begins with the latest run that is due.

        Args:
            after: When the DAG is switched on; without an offset, in UTC.
            count: How many, at most.
            last: The interval of its last scheduled run, where there was one.
        """
        return tuple(islice(self._runs(in_utc(after, "UTC"), last), count))

    def runs_between(self, start: datetime, end: datetime) -> Iterator[ScheduledRun]:
        """The runs whose logical dates lie between two moments, both included, as Airflow's backfill makes them.

        `start_date`, `end_date` and `catchup` don't matter to it, as they don't to Airflow's. Where the timetable has
        an `interval` of its own, the moments of the runs count, and not their logical dates.

        Args:
            start: The first moment; without an offset, in UTC.
            end: The last moment.
        """
        earliest, latest = in_utc(start, "UTC"), in_utc(end, "UTC")
        bounds = Bounds(earliest, latest, catchup=True, now=earliest, airflow_version=self.airflow_version)
        return _chain(self.timetable, None, bounds)

    def entries(self, *, now: datetime | None = None) -> Entries:
        """What Prefect's deployment is to have as schedules, with what to know about it.

        Args:
            now: The present; what has ended by then is left out.

        Raises:
            UnsupportedFeatureError: Prefect can't run at these moments. The message says why, and what to do.
        """
        moment = in_utc(now, "UTC") if now else datetime.now(timezone.utc)
        bounds = Bounds(self.start_date, self.end_date, self.catchup, moment, self.airflow_version)
        return entries_of(self.timetable, bounds)

    def as_yaml(self, *, now: datetime | None = None) -> list[dict[str, Any]]:
        """The entries of `schedules:` in prefect.yaml, as plain dicts; none where nothing is to be scheduled.

        Args:
            now: The present, which says what lies ahead; the clock's where none is given.

        Raises:
            UnsupportedFeatureError: Prefect can't run at these moments. The message says why, and what to do.

        Warns:
            UnsupportedFeatureWarning: Where Prefect's runs differ from Airflow's.
        """
        found = self.entries(now=now)
        for note in found.notes:
            warnings.warn(note, UnsupportedFeatureWarning, stacklevel=2)
        return [entry.as_dict() for entry in found.entries]

    def _runs(self, now: datetime, last: DataInterval | None) -> Iterator[ScheduledRun]:
        bounds = Bounds(self.start_date, self.end_date, self.catchup, now, self.airflow_version)
        before = last and DataInterval(in_utc(last.start, "UTC"), in_utc(last.end, "UTC"))
        return _chain(self.timetable, before, bounds)


def read_schedule(
    schedule: Any,
    *,
    start_date: datetime | None = None,
    end_date: datetime | None = None,
    timezone: Any = "UTC",
    catchup: bool | None = None,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    create_cron_data_intervals: bool | None = None,
) -> Schedule:
    """See `airflow_compat.schedules.read_schedule`."""
    if airflow_version not in ("2", "3"):
        raise InvalidScheduleError(f"airflow_version {airflow_version!r} is none; write '2' or '3'")
    for name, date in (("start_date", start_date), ("end_date", end_date)):
        if date is not None and not isinstance(date, datetime):
            raise InvalidScheduleError(f"{name} {date!r} is no datetime; write datetime(2024, 1, 1, tzinfo=...)")
    default = zone_name(timezone)
    # A DAG's time zone is that of its start date, where that has one.
    zone = zone_name(start_date.tzinfo) if start_date and start_date.tzinfo else default
    is_two = airflow_version == "2"
    timetable, assets = read_value(
        schedule,
        timezone=zone,
        airflow_version=airflow_version,
        data_intervals=is_two if create_cron_data_intervals is None else create_cron_data_intervals,
    )
    return Schedule(
        timetable,
        assets,
        in_utc(start_date, default) if start_date else None,
        in_utc(end_date, default) if end_date else None,
        zone,
        is_two if catchup is None else catchup,
        airflow_version,
    )


def _chain(timetable: Timetable, last: DataInterval | None, bounds: Bounds) -> Iterator[ScheduledRun]:
    while True:
        try:
            run = timetable.next_run(last, bounds)
        except InvalidScheduleError:
            if last is None:
                raise
            # The years that the expression names are over.
            return
        # One that leads nowhere would be made for ever.
        if run is None or (last is not None and run.data_interval_end <= last.end):
            return
        yield run
        last = run.data_interval
        bounds = replace(bounds, now=max(bounds.now, run.run_after))
