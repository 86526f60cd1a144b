"""Convert a DAG's timetable to the schedules of a Prefect deployment, with notes on differences from Airflow."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

from ..errors import UnsupportedFeatureError
from ._cron_entries import CronPart, cron_part, may_coincide
from ._delta_entries import delta_entries
from ._event_timetables import ContinuousTimetable, EventsTimetable, OnceTimetable
from ._periodic_timetables import (
    CronDataIntervalTimetable,
    CronTriggerTimetable,
    DeltaDataIntervalTimetable,
    DeltaTriggerTimetable,
    MultipleCronTriggerTimetable,
)
from ._recurrence import DeploymentSchedules, rule_entry, rule_time
from ._timetable import ScheduleBounds, Timetable

# The maximum number of dates in one rule. Prefect accepts about 380 dates in one rule.
_DATES_OF_A_RULE = 350


def entries_of(timetable: Timetable, bounds: ScheduleBounds) -> DeploymentSchedules:
    """Return the schedules of a deployment for a timetable.

    Raises:
        UnsupportedFeatureError: Prefect's schedules can't express the timetable's run times.
    """
    found = _entries(timetable, bounds)
    if bounds.catchup and bounds.earliest and bounds.earliest < bounds.now and found.entries:
        note = (
            "catchup=True: Prefect does not create missed runs, from before a deployment or while its server is down. "
            "Create missed runs with `airflow-compat backfill`"
        )
        found = replace(found, notes=(*found.notes, note))
    return found


def _entries(timetable: Timetable, bounds: ScheduleBounds) -> DeploymentSchedules:
    if isinstance(timetable, (CronTriggerTimetable, CronDataIntervalTimetable)):
        part = _part(timetable, bounds)
        return DeploymentSchedules((part.entry(),), part.notes) if part else DeploymentSchedules()
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
            "schedule '@continuous' has no counterpart as a schedule. Use a loop in the flow's code, or a deployment "
            "trigger on its own runs' `prefect.flow-run.Completed` and `.Failed`"
        )
    return DeploymentSchedules()


def _part(timetable: CronTriggerTimetable | CronDataIntervalTimetable, bounds: ScheduleBounds) -> CronPart | None:
    first = last = None
    if bounds.earliest is not None:
        run = timetable.next_run(None, replace(bounds, latest=None, catchup=True))
        first = run.run_after if run else None
    if bounds.latest is not None:
        last = timetable.steps.align_prev(bounds.latest)
        if isinstance(timetable, CronDataIntervalTimetable):
            last = timetable.steps.next(last)
    return cron_part(timetable.steps, first, last, bounds.now)


def _several(timetable: MultipleCronTriggerTimetable, bounds: ScheduleBounds) -> DeploymentSchedules:
    parts = [part for each in dict.fromkeys(timetable.timetables) if (part := _part(each, bounds))]
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    if not any(may_coincide(one.expression, other.expression) for one, other in combinations(parts, 2)):
        return DeploymentSchedules(tuple(part.entry() for part in parts), notes)
    # If two expressions match one moment, Airflow creates one run. A rule that combines the expressions also creates
    # only one run.
    rules = [rule for part in parts for rule in part.rules("other expressions that may coincide")]
    zone = parts[0].timezone
    if any(part.timezone != zone for part in parts):
        raise UnsupportedFeatureError(
            "MultipleCronTriggerTimetable: its expressions may coincide, and a Prefect rule can't combine the "
            f"expressions in {timetable.timetables[0].timezone}. Use expressions that never coincide, or use UTC"
        )
    start = min([part.first for part in parts if part.first] or [part.rule_start() for part in parts])
    return DeploymentSchedules((rule_entry([rule_time("DTSTART", start), *rules], zone),), notes)


def _events(timetable: EventsTimetable, bounds: ScheduleBounds) -> DeploymentSchedules:
    dates = [
        moment
        for moment in timetable.event_dates
        if moment >= bounds.now
        and (bounds.earliest is None or moment >= bounds.earliest)
        and (bounds.latest is None or moment <= bounds.latest)
    ]
    if odd := next((moment for moment in dates if moment.microsecond), None):
        raise UnsupportedFeatureError(
            f"EventsTimetable: {odd.isoformat()} has a fraction of a second, which a Prefect rule can't have. Use "
            "whole seconds"
        )
    texts = [f"{moment:%Y%m%dT%H%M%SZ}" for moment in dates]
    chunks = [texts[start : start + _DATES_OF_A_RULE] for start in range(0, len(dates), _DATES_OF_A_RULE)]
    return DeploymentSchedules(tuple(rule_entry([f"RDATE:{','.join(chunk)}"], "UTC") for chunk in chunks))


def _once(bounds: ScheduleBounds) -> DeploymentSchedules:
    start = bounds.earliest
    if (start is None and bounds.airflow_version == "2") or (start and bounds.latest and start > bounds.latest):
        return DeploymentSchedules()
    if start is None or start <= bounds.now:
        note = (
            "schedule '@once': the time of the run is in the past, so Prefect does not schedule the run. Start the run "
            "with `prefect deployment run`"
        )
        return DeploymentSchedules((), (note,))
    # A recurrence rule has only whole seconds, so the start is rounded up.
    start += timedelta(microseconds=-start.microsecond % 1_000_000)
    return DeploymentSchedules((rule_entry([rule_time("DTSTART", start), "RRULE:FREQ=DAILY;COUNT=1"], "UTC"),))
