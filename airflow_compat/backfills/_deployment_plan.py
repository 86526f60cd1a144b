"""The runs of a deployment's own schedules between two moments, with their data intervals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from prefect.client.schemas.schedules import SCHEDULE_TYPES, IntervalSchedule

from .._airflow.data_interval import Ticks
from .._airflow.ticks import IntervalTicks
from .._airflow.timetable import ScheduledRun
from .._airflow.version import AirflowVersion
from .moments import plain
from .ticks import ticks_of

if TYPE_CHECKING:
    from prefect.client.schemas.objects import DeploymentSchedule


def runs_of_schedules(
    schedules: Iterable[DeploymentSchedule], start: datetime, end: datetime, *, airflow_version: AirflowVersion
) -> list[ScheduledRun]:
    """The runs of all active schedules whose logical dates lie between two moments, both included, in order.

    Of a moment that several schedules have there is one run. Where none is active, all count.
    """
    entries = list(schedules)
    chosen = [entry.schedule for entry in entries if entry.active] or [entry.schedule for entry in entries]
    found: dict[datetime, ScheduledRun] = {}
    for schedule in chosen:
        ticks = ticks_of(schedule)
        for moment in _moments(schedule, ticks, start, end) if ticks else ():
            over = moment if airflow_version == "3" or ticks is None else ticks.after(moment) or moment
            found.setdefault(moment, ScheduledRun(moment, moment, over, over))
    return [found[moment] for moment in sorted(found)]


def _moments(schedule: SCHEDULE_TYPES, ticks: Ticks, start: datetime, end: datetime) -> Iterator[datetime]:
    moment: datetime | None
    if isinstance(schedule, IntervalSchedule):
        moment = _before(schedule, start)
    else:
        moment = ticks.after(start - timedelta(seconds=1))
    while moment is not None and moment <= end:
        if moment >= start:
            yield moment
        moment = ticks.after(moment)


def _before(schedule: IntervalSchedule, moment: datetime) -> datetime:
    """A moment of an interval's grid that is not later, and near."""
    anchor = plain(schedule.anchor_date)
    # Days are the calendar's: a turn of the clock between may make it one more or less.
    steps = (moment - anchor) // schedule.interval - 1
    if steps == 0:
        return anchor
    way = IntervalTicks(abs(steps) * schedule.interval, schedule.timezone or "UTC")
    return way.after(anchor) if steps > 0 else way.before(anchor)
