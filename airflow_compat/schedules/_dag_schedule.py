"""Read a DAG's schedule, list its runs and data intervals, and convert it to Prefect schedules."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import islice
from typing import Any

from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from .._airflow.zones import in_utc, zone_name
from ..errors import InvalidScheduleError, UnsupportedFeatureWarning
from ._assets import AssetCondition
from ._entries import entries_of
from ._read_argument import read_value
from ._recurrence import DeploymentSchedules, ScheduleEntry
from ._timetable import DataInterval, ScheduleBounds, ScheduledRun, Timetable


@dataclass(frozen=True)
class Schedule:
    """A DAG's schedule, as returned by `read_schedule`.

    Attributes:
        timetable: The run times and data intervals.
        assets: The condition on assets that also starts runs, or None.
        start_date: The first logical date in UTC, or None.
        end_date: The last logical date in UTC, or None.
        timezone: The name of the DAG's time zone.
        catchup: Whether Airflow creates missed runs.
        airflow_version: The Airflow version whose rules apply.
    """

    timetable: Timetable
    assets: AssetCondition | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    timezone: str = "UTC"
    catchup: bool = False
    airflow_version: AirflowVersion = DEFAULT_VERSION

    def data_interval_for(self, run_moment: datetime) -> DataInterval:
        """Return the data interval of a manual run.

        Args:
            run_moment: The logical date of the run; without an offset, in UTC.
        """
        return self.timetable.manual_interval(in_utc(run_moment, "UTC"))

    def next_runs(self, after: datetime, count: int, *, last: DataInterval | None = None) -> tuple[ScheduledRun, ...]:
        """Return the runs that a punctual Airflow scheduler creates if the DAG is enabled at a given moment.

        With catch-up, a DAG without earlier runs starts at `start_date`. Without catch-up, the first run is the latest
        run that is due.

        Args:
            after: The moment at which the DAG is enabled; without an offset, in UTC.
            count: The maximum number of runs.
            last: The data interval of the last scheduled run, if any.
        """
        before = last and DataInterval(in_utc(last.start, "UTC"), in_utc(last.end, "UTC"))
        return tuple(islice(_chain(self.timetable, before, self._bounds(in_utc(after, "UTC"))), count))

    def runs_between(self, start: datetime, end: datetime) -> Iterator[ScheduledRun]:
        """Return the runs that Airflow's backfill creates for logical dates from `start` to `end`, both included.

        As in Airflow, `start_date`, `end_date` and `catchup` are ignored. If the timetable has an `interval`, `start`
        and `end` limit the run times instead of the logical dates.

        Args:
            start: The first logical date; without an offset, in UTC.
            end: The last logical date.
        """
        earliest, latest = in_utc(start, "UTC"), in_utc(end, "UTC")
        bounds = ScheduleBounds(earliest, latest, catchup=True, now=earliest, airflow_version=self.airflow_version)
        return _chain(self.timetable, None, bounds)

    def entries(self, *, now: datetime | None = None) -> DeploymentSchedules:
        """Return the schedules of a Prefect deployment, with notes on differences.

        Args:
            now: The current time; schedules that have ended are left out.

        Raises:
            UnsupportedFeatureError: Prefect's schedules can't express these run times.
        """
        return entries_of(self.timetable, self._bounds(in_utc(now, "UTC") if now else datetime.now(timezone.utc)))

    def as_yaml(self, *, now: datetime | None = None) -> list[dict[str, Any]]:
        """Return the entries of `schedules:` in prefect.yaml as plain dicts.

        Args:
            now: The current time; by default, the system clock's.

        Raises:
            UnsupportedFeatureError: Prefect's schedules can't express these run times.

        Warns:
            UnsupportedFeatureWarning: Prefect's runs differ from Airflow's.
        """
        return [entry.as_dict() for entry in noted_entries(self, now)]

    def _bounds(self, now: datetime) -> ScheduleBounds:
        return ScheduleBounds(self.start_date, self.end_date, self.catchup, now, self.airflow_version)


def noted_entries(schedule: Schedule, now: datetime | None) -> tuple[ScheduleEntry, ...]:
    """Return a DAG's schedule as the schedules of a Prefect deployment.

    Each note becomes a warning at the line that called the public function.
    """
    found = schedule.entries(now=now)
    for note in found.notes:
        warnings.warn(note, UnsupportedFeatureWarning, stacklevel=3)
    return found.entries


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
    """Read a DAG's `schedule=`.

    In Airflow 2, a cron expression means `CronDataIntervalTimetable` and a delta means `DeltaDataIntervalTimetable`. In
    Airflow 3, a cron expression means `CronTriggerTimetable` and a delta means `DeltaTriggerTimetable`. Timetable and
    asset objects of Airflow are also accepted. Such objects are recognised by their class names, so Airflow isn't
    imported.

    Args:
        schedule: The DAG's `schedule=`: None, a preset such as `@daily`, a cron expression of five to seven fields, a
            `timedelta`, a `relativedelta`, a timetable, an asset, a condition on assets, or a list of assets.
        start_date: The DAG's `start_date`. If the start date has a time zone, the schedule has the same time zone.
        end_date: The DAG's `end_date`.
        timezone: Airflow's setting `default_timezone`: a zone's name or object.
        catchup: The DAG's `catchup`. None means Airflow's default: False in Airflow 3, True in Airflow 2.
        airflow_version: "2" or "3".
        create_cron_data_intervals: Airflow's setting `create_cron_data_intervals`, for cron expressions and deltas.
            None means the default of this setting.

    Raises:
        InvalidScheduleError: The schedule is not valid in Airflow.
        UnsupportedFeatureError: The schedule has no counterpart: an asset alias, partitions, or a custom timetable. The
            error message names the next step.

    Example:
        ```python
        from datetime import datetime, timezone

        from airflow_compat.schedules import read_schedule

        schedule = read_schedule("@daily", start_date=datetime(2026, 11, 1), airflow_version="2")
        [run] = schedule.next_runs(datetime(2026, 11, 22, 8), 1)
        print(schedule.as_yaml())
        ```
    """
    if airflow_version not in ("2", "3"):
        raise InvalidScheduleError(f"airflow_version {airflow_version!r} is not known. Use '2' or '3'")
    for name, date in (("start_date", start_date), ("end_date", end_date)):
        if date is not None and not isinstance(date, datetime):
            raise InvalidScheduleError(f"{name} {date!r} is not a datetime. Use datetime(2024, 1, 1, tzinfo=...)")
    default = zone_name(timezone)
    # As in Airflow, the time zone of the start date is also the DAG's.
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


def _chain(timetable: Timetable, last: DataInterval | None, bounds: ScheduleBounds) -> Iterator[ScheduledRun]:
    while True:
        try:
            run = timetable.next_run(last, bounds)
        except InvalidScheduleError:
            if last is None:
                raise
            # The last year that the cron expression allows has passed.
            return
        # A run that is not later than the run before would repeat endlessly.
        if run is None or (last is not None and run.data_interval_end <= last.end):
            return
        yield run
        last = run.data_interval
        bounds = replace(bounds, now=max(bounds.now, run.run_after))
