"""Timetables without a rhythm: given moments, once, again and again, never."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone

from .timetable import Bounds, DataInterval, ScheduledRun, run_of


@dataclass(frozen=True, init=False)
class EventsTimetable:
    """A run at each of the moments that are listed (`airflow.timetables.events`).

    Args:
        event_dates: The moments; one without an offset is in UTC.
        restrict_to_events: Whether a run that is triggered has the last of these moments, and not its own.
        presorted: Taken and not needed.
        description: Taken and not needed.
    """

    event_dates: tuple[datetime, ...]
    restrict_to_events: bool = field(default=False, kw_only=True)

    def __init__(
        self,
        event_dates: Iterable[datetime],
        restrict_to_events: bool = False,
        presorted: bool = False,  # noqa: ARG002
        description: str | None = None,  # noqa: ARG002
    ) -> None:
        moments = {
            (each if each.tzinfo else each.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
            for each in event_dates
        }
        plain = sorted(datetime.combine(each.date(), each.time(), timezone.utc) for each in moments)
        object.__setattr__(self, "event_dates", tuple(plain))
        object.__setattr__(self, "restrict_to_events", restrict_to_events)

    @property
    def is_periodic(self) -> bool:
        """Yes: what was missed can be filled in."""
        return True

    def next_run(self, last: DataInterval | None, bounds: Bounds) -> ScheduledRun | None:
        """The first that is due, or will be."""
        earliest = bounds.earliest
        if not bounds.catchup:
            earliest = bounds.now if earliest is None else max(bounds.now, earliest)
        for moment in self.event_dates:
            if (earliest and moment < earliest) or (last and moment <= last.end):
                continue
            return run_of(moment, moment) if bounds.latest is None or moment <= bounds.latest else None
        return None

    def manual_interval(self, moment: datetime) -> DataInterval:
        """See `restrict_to_events`."""
        if self.restrict_to_events and self.event_dates:
            past = [each for each in self.event_dates if each <= moment]
            moment = past[-1] if past else self.event_dates[0]
        return DataInterval(moment, moment)


@dataclass(frozen=True)
class NullTimetable:
    """No runs but those that are triggered; what `schedule=None` means."""

    @property
    def is_periodic(self) -> bool:
        """No."""
        return False

    def next_run(self, last: DataInterval | None, bounds: Bounds) -> ScheduledRun | None:  # noqa: ARG002
        """There is none."""
        return None

    def manual_interval(self, moment: datetime) -> DataInterval:
        """The moment alone."""
        return DataInterval(moment, moment)


@dataclass(frozen=True)
class OnceTimetable:
    """One run, at the DAG's `start_date`; what `schedule="@once"` means."""

    @property
    def is_periodic(self) -> bool:
        """No."""
        return False

    def next_run(self, last: DataInterval | None, bounds: Bounds) -> ScheduledRun | None:
        """In Airflow 3, one without a start date runs at once; in 2 never."""
        moment = bounds.earliest or (bounds.now if bounds.airflow_version == "3" else None)
        if last is not None or moment is None or (bounds.latest is not None and moment > bounds.latest):
            return None
        return run_of(moment, moment)

    def manual_interval(self, moment: datetime) -> DataInterval:
        """The moment alone."""
        return DataInterval(moment, moment)


@dataclass(frozen=True)
class ContinuousTimetable:
    """A run as soon as the one before has ended; what `schedule="@continuous"` means."""

    @property
    def is_periodic(self) -> bool:
        """No."""
        return False

    def next_run(self, last: DataInterval | None, bounds: Bounds) -> ScheduledRun | None:
        """From the end of the last run to the present."""
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

    def manual_interval(self, moment: datetime) -> DataInterval:
        """The moment alone."""
        return DataInterval(moment, moment)
