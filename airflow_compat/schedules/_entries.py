"""What a Prefect deployment has as schedules for a DAG's timetable, and where its runs differ from Airflow's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations

from .._airflow.event_timetables import ContinuousTimetable, EventsTimetable, OnceTimetable
from .._airflow.interval_timetables import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from .._airflow.timetable import Bounds, Timetable
from .._airflow.trigger_timetables import CronTriggerTimetable, DeltaTriggerTimetable, MultipleCronTriggerTimetable
from ..errors import UnsupportedFeatureError
from .cron_entries import CronPart, cron_part, may_coincide
from .delta_entries import delta_entries
from .recurrence import Entries, rule_entry, rule_time

# What Prefect takes as one rule is bounded: some 380 dates.
_DATES_OF_A_RULE = 350


def entries_of(timetable: Timetable, bounds: Bounds) -> Entries:
    """The schedules of a deployment for a timetable.

    Args:
        timetable: The DAG's.
        bounds: Its dates, and the present.

    Raises:
        UnsupportedFeatureError: Prefect can't run at these moments. The message says why, and what to do.
    """
    found = _entries(timetable, bounds)
    if bounds.catchup and bounds.earliest and bounds.earliest < bounds.now and found.entries:
        note = (
            "catchup=True: Prefect makes no runs for what was missed, before a deployment or while its server is down; "
            "make them by `airflow-compat backfill`"
        )
        found = replace(found, notes=(*found.notes, note))
    return found


def _entries(timetable: Timetable, bounds: Bounds) -> Entries:
    if isinstance(timetable, (CronTriggerTimetable, CronDataIntervalTimetable)):
        part = _part(timetable, bounds)
        return Entries((part.entry(),), part.notes) if part else Entries()
    if isinstance(timetable, MultipleCronTriggerTimetable):
        return _several(timetable, bounds)
    if isinstance(timetable, (DeltaTriggerTimetable, DeltaDataIntervalTimetable)):
        return delta_entries(timetable, bounds)
    if isinstance(timetable, EventsTimetable):
        return _events(timetable, bounds)
    if isinstance(timetable, OnceTimetable):
        return _once(bounds)
    if isinstance(timetable, ContinuousTimetable):
        raise UnsupportedFeatureError(
            "schedule '@continuous' has no moments that a schedule could have; let the flow's code begin anew in a "
            "loop, or give its deployment a trigger on its own runs' `prefect.flow-run.Completed` and `.Failed`"
        )
    return Entries()


def _part(timetable: CronTriggerTimetable | CronDataIntervalTimetable, bounds: Bounds) -> CronPart | None:
    """The cron expression between the first run and the last; None where all is over."""
    first = last = None
    if bounds.earliest is not None:
        unended = replace(bounds, latest=None, catchup=True)
        run = timetable.next_run(None, unended)
        first = run.run_after if run else None
    if bounds.latest is not None:
        last = timetable.steps.align_prev(bounds.latest)
        if isinstance(timetable, CronDataIntervalTimetable):
            last = timetable.steps.next(last)
    return cron_part(timetable.steps, first, last, bounds.now)


def _several(timetable: MultipleCronTriggerTimetable, bounds: Bounds) -> Entries:
    parts = [part for each in dict.fromkeys(timetable.timetables) if (part := _part(each, bounds))]
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    if not any(may_coincide(one.expression, other.expression) for one, other in combinations(parts, 2)):
        return Entries(tuple(part.entry() for part in parts), notes)
    # Where two fall together Airflow runs once; so does one rule that is made of several.
    rules = [rule for part in parts for rule in part.rules("several expressions that may fall together")]
    zone = parts[0].timezone
    if any(part.timezone != zone for part in parts):
        raise UnsupportedFeatureError(
            "MultipleCronTriggerTimetable: its expressions may fall together, and no rule of Prefect's has them all in "
            f"{timetable.timetables[0].timezone}; write them so that they don't, or in UTC"
        )
    start = min([part.first for part in parts if part.first] or [part.rule_start() for part in parts])
    return Entries((rule_entry([rule_time("DTSTART", start), *rules], zone),), notes)


def _events(timetable: EventsTimetable, bounds: Bounds) -> Entries:
    dates = [
        moment
        for moment in timetable.event_dates
        if moment >= bounds.now
        and (bounds.earliest is None or moment >= bounds.earliest)
        and (bounds.latest is None or moment <= bounds.latest)
    ]
    for moment in dates:
        if moment.microsecond:
            raise UnsupportedFeatureError(
                f"EventsTimetable: {moment.isoformat()} has a part of a second, which no rule of Prefect's has; "
                "round it"
            )
    chunks = [dates[start : start + _DATES_OF_A_RULE] for start in range(0, len(dates), _DATES_OF_A_RULE)]
    return Entries(tuple(rule_entry([_dates(chunk)], "UTC") for chunk in chunks))


def _dates(moments: Iterable[datetime]) -> str:
    return "RDATE:" + ",".join(f"{moment:%Y%m%dT%H%M%SZ}" for moment in moments)


def _once(bounds: Bounds) -> Entries:
    start = bounds.earliest
    if (start is None and bounds.airflow_version == "2") or (start and bounds.latest and start > bounds.latest):
        return Entries()
    if start is None or start <= bounds.now:
        note = (
            "schedule '@once': its moment is past, and Prefect schedules nothing there; run it once by `prefect "
            "deployment run`"
        )
        return Entries((), (note,))
    # A rule knows whole seconds.
    start += timedelta(microseconds=-start.microsecond % 1_000_000)
    return Entries((rule_entry([rule_time("DTSTART", start), "RRULE:FREQ=DAILY;COUNT=1"], "UTC"),))
