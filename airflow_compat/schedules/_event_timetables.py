"""Timetables without a period: for listed moments, one run, continuous runs, or no runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from .._airflow.zones import in_utc
from ._timetable import DataInterval, ScheduleBounds, ScheduledRun, run_of


@dataclass(frozen=True, init=False)
class EventsTimetable:
    """Runs a DAG at each listed moment (`airflow.timetables.events`).

    Args:
        event_dates: The moments; without an offset, in UTC.
        restrict_to_events: Whether a manual run gets the data interval of the latest listed moment.
        presorted: Accepted but unused.
        description: Accepted but unused.
    """

    is_periodic: ClassVar[bool] = True
    event_dates: tuple[datetime, ...]
    restrict_to_events: bool = field(default=False, kw_only=True)

    def __init__(
        self,
        event_dates: Iterable[datetime],
        restrict_to_events: bool = False,
        presorted: bool = False,  # noqa: ARG002
        description: str | None = None,  # noqa: ARG002
    ) -> None:
        object.__setattr__(self, "event_dates", tuple(sorted({in_utc(each, "UTC") for each in event_dates})))
        object.__setattr__(self, "restrict_to_events", restrict_to_events)

    def next_run(self, last: DataInterval | None, bounds: ScheduleBounds) -> ScheduledRun | None:
        """Return the run at the next listed moment between the earliest and the latest date of `bounds`."""
        earliest = bounds.earliest
        if not bounds.catchup:
            earliest = bounds.now if earliest is None else max(bounds.now, earliest)
        later = (
            moment
            for moment in self.event_dates
            if (earliest is None or moment >= earliest) and (last is None or moment > last.end)
        )
        moment = next(later, None)
        return None if moment is None or (bounds.latest and moment > bounds.latest) else run_of(moment, moment)

    def manual_interval(self, moment: datetime) -> DataInterval:
        """Return an empty interval at the run's moment, or at a listed moment (see `restrict_to_events`)."""
        if self.restrict_to_events and self.event_dates:
            past = [each for each in self.event_dates if each <= moment]
            moment = past[-1] if past else self.event_dates[0]
        return DataInterval(moment, moment)


class _Unscheduled:
    """Base class of timetables without fixed run times."""

    is_periodic: ClassVar[bool] = False

    def manual_interval(self, moment: datetime) -> DataInterval:
        return DataInterval(moment, moment)


@dataclass(frozen=True)
class NullTimetable(_Unscheduled):
    """`schedule=None`: the DAG has only manual runs."""

    def next_run(self, last: DataInterval | None, bounds: ScheduleBounds) -> ScheduledRun | None:  # noqa: ARG002
        return None


@dataclass(frozen=True)
class OnceTimetable(_Unscheduled):
    """`schedule="@once"`: the DAG runs once, at its `start_date`."""

    def next_run(self, last: DataInterval | None, bounds: ScheduleBounds) -> ScheduledRun | None:
        """Return the DAG's single run.

        Without a start date, Airflow 3 starts the run immediately, and Airflow 2 never starts it.
        """
        moment = bounds.earliest or (bounds.now if bounds.airflow_version == "3" else None)
        if last is not None or moment is None or (bounds.latest is not None and moment > bounds.latest):
            return None
        return run_of(moment, moment)


@dataclass(frozen=True)
class ContinuousTimetable(_Unscheduled):
    """`schedule="@continuous"`: each run starts as soon as the previous one has ended."""

    def next_run(self, last: DataInterval | None, bounds: ScheduleBounds) -> ScheduledRun | None:
        """Return a run whose data interval starts at the end of `last` and ends now."""
        earliest, now = bounds.earliest, bounds.now
        if earliest is None and bounds.airflow_version == "2":
            return None
        start = earliest or now
        end = max(start, now)
        if last is not None:
            if bounds.airflow_version == "3" and last.end > now:
                end = start + (last.end - last.start)
            else:
                start, end = last.end, now
        return None if bounds.latest is not None and end > bounds.latest else run_of(start, end)
