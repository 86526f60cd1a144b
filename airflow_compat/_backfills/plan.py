"""Which runs a backfill makes: the schedule's, beside those that the server has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from .._airflow.version import AirflowVersion
from .._airflow.zones import in_utc
from .._prefect.backfill_runs import HeldDeployment, read_backfill_runs, read_held_deployment, read_scheduled_runs
from .._prefect.schedule_moments import runs_of_schedules
from .._specs.backfill import Planned, Rerun, plan_backfill
from .._specs.schedule import Schedule
from ..errors import BackfillError


@dataclass(frozen=True)
class BackfillPlan:
    """A deployment, and what is to be done about each run, in the order in which that is to happen."""

    deployment: HeldDeployment
    items: tuple[Planned, ...]


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
    """Compare the schedule's runs with those that there are. Nothing is written.

    Raises:
        BackfillError: The dates, the schedule or the deployment are none that can be filled in.
        ServerError: The server can't be asked.
    """
    first, last = in_utc(start, "UTC"), in_utc(end, "UTC")
    now = datetime.now(timezone.utc)
    if first > last:
        raise BackfillError(f"the backfill would start at {first.isoformat()} and end before that; swap the two")
    if first >= now:
        raise BackfillError(f"the backfill would start at {first.isoformat()}, which is yet to come; name a past one")
    held = read_held_deployment(deployment)
    if schedule is not None:
        if not schedule.timetable.is_periodic:
            raise BackfillError(
                "the schedule has no moments of its own, so there is nothing to fill in; run the deployment by "
                "`prefect deployment run`"
            )
        found = schedule.runs_between(first, last)
    elif held.schedules:
        found = iter(runs_of_schedules(held.schedules, first, last, airflow_version=airflow_version))
    else:
        raise BackfillError(
            f"deployment {held.name!r} has no schedule, so its intervals aren't known; give the DAG's as a schedule, "
            "such as '@daily'"
        )
    runs = [run for run in found if run.data_interval_end < now]
    if not runs:
        return BackfillPlan(held, ())
    scheduled = read_scheduled_runs(held.id, runs[0].run_after, runs[-1].run_after)
    items = plan_backfill(runs, read_backfill_runs(held.id), scheduled, rerun=rerun)
    return BackfillPlan(held, tuple(items[::-1] if reverse else items))
