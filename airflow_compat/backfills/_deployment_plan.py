"""Makes the plan of a deployment's backfill from a schedule and the runs on the server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from prefect.client.schemas.schedules import SCHEDULE_TYPES, IntervalSchedule

from .._airflow.data_interval import Ticks
from .._airflow.ticks import IntervalTicks
from .._airflow.version import AirflowVersion
from .._airflow.zones import in_utc
from .._prefect.datetimes import plain
from .._prefect.schedule_ticks import ticks_of
from ..errors import BackfillError
from ..schedules._dag_schedule import Schedule
from ..schedules._timetable import ScheduledRun
from ._plan import PlannedRun, Rerun, plan_backfill
from ._server import HeldDeployment, read_backfill_runs, read_dag_runs, read_held_deployment, read_scheduled_runs

if TYPE_CHECKING:
    from prefect.client.schemas.objects import DeploymentSchedule

# The allowed years of the start and the end.
_YEARS = 1900, 9998


@dataclass(frozen=True)
class BackfillPlan:
    deployment: HeldDeployment
    items: tuple[PlannedRun, ...]


def make_plan(
    deployment: str,
    start: datetime,
    end: datetime,
    *,
    schedule: Schedule | None,
    rerun: Rerun,
    reverse: bool,
    airflow_version: AirflowVersion,
) -> BackfillPlan:
    """Compare the runs that the schedule requires with the runs on the server, without writing anything.

    Raises:
        BackfillError: The dates, the schedule or the deployment can't be used.
    """
    for moment in (start, end):
        # Near the first and the last year of `datetime`, the search for times of the schedule overflows.
        if not _YEARS[0] <= moment.year <= _YEARS[1]:
            raise BackfillError(
                f"The backfill's date {moment.isoformat()} is out of range. Choose a year from {_YEARS[0]} to "
                f"{_YEARS[1]}."
            )
    first, last = in_utc(start, "UTC"), in_utc(end, "UTC")
    now = datetime.now(timezone.utc)
    if first > last:
        raise BackfillError(f"The backfill's start, {first.isoformat()}, is after its end. Swap the dates.")
    if first >= now:
        raise BackfillError(f"The backfill starts at {first.isoformat()}, which is in the future. Choose a past date.")
    # Later intervals are unfinished, and left out.
    last = min(last, now)
    held = read_held_deployment(deployment)
    if schedule is not None:
        if not schedule.timetable.is_periodic:
            raise BackfillError(
                "The schedule has no regular times, so there is nothing to backfill. Run the deployment with "
                "`prefect deployment run`."
            )
        found = schedule.runs_between(first, last)
    elif held.schedules:
        found = iter(runs_of_schedules(held.schedules, first, last, airflow_version=airflow_version))
    else:
        raise BackfillError(
            f"Deployment {held.name!r} has no schedule, so its intervals are unknown. Pass the DAG's schedule, such as "
            "'@daily'."
        )
    runs = [run for run in found if run.data_interval_end < now]
    if not runs:
        return BackfillPlan(held, ())
    scheduled = read_scheduled_runs(held.id, runs[0].run_after, runs[-1].run_after)
    of_dag = read_dag_runs(held.dag_id, [run.logical_date for run in runs]) if held.dag_id else {}
    items = plan_backfill(runs, read_backfill_runs(held.id), scheduled, rerun=rerun, of_dag=of_dag)
    return BackfillPlan(held, tuple(items[::-1] if reverse else items))


def runs_of_schedules(
    schedules: Sequence[DeploymentSchedule], start: datetime, end: datetime, *, airflow_version: AirflowVersion
) -> list[ScheduledRun]:
    """Return the runs of all active schedules with logical dates between two times, both included, in order.

    If several schedules have the same time, only one run is returned for this time. If no schedule is active, the runs
    of all schedules are returned.
    """
    chosen = [entry.schedule for entry in schedules if entry.active] or [entry.schedule for entry in schedules]
    found: dict[datetime, ScheduledRun] = {}
    for schedule in chosen:
        ticks = ticks_of(schedule)
        for moment in _moments(schedule, ticks, start, end) if ticks else ():
            over = moment if airflow_version == "3" or ticks is None else ticks.after(moment) or moment
            found.setdefault(moment, ScheduledRun(moment, moment, over, over))
    return [found[moment] for moment in sorted(found)]


def _moments(schedule: SCHEDULE_TYPES, ticks: Ticks, start: datetime, end: datetime) -> Iterator[datetime]:
    just_before = start - timedelta(seconds=1)
    moment = _before(schedule, start) if isinstance(schedule, IntervalSchedule) else ticks.after(just_before)
    while moment is not None and moment <= end:
        if moment >= start:
            yield moment
        moment = ticks.after(moment)


def _before(schedule: IntervalSchedule, moment: datetime) -> datetime:
    """Return one of the interval schedule's times that is shortly before the given moment."""
    anchor = plain(schedule.anchor_date)
    # An interval of days counts calendar days, so a change to or from summer time may shift the result by one step.
    steps = (moment - anchor) // schedule.interval - 1
    if steps == 0:
        return anchor
    way = IntervalTicks(abs(steps) * schedule.interval, schedule.timezone or "UTC")
    return way.after(anchor) if steps > 0 else way.before(anchor)
