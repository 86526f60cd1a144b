"""A DAG's schedule as `prefect.yaml` has it. This is the only file that knows both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .._airflow.source_values import Called, computed_parts
from .._airflow.version import AirflowVersion

_PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


@dataclass(frozen=True)
class YamlSchedules:
    """What a deployment's `schedules` and `triggers` are to be.

    Attributes:
        schedules: The schedules; None where they can't be told.
        triggers: The triggers.
        refusal: Why they can't be told.
        notes: What differs from Airflow.
    """

    schedules: tuple[dict[str, Any], ...] | None = ()
    triggers: tuple[dict[str, Any], ...] = ()
    refusal: str = ""
    notes: tuple[str, ...] = ()


def yaml_schedules(
    schedule: Any,
    *,
    start_date: Any,
    end_date: datetime | None,
    timezone: str,
    catchup: bool | None,
    airflow_version: AirflowVersion,
) -> YamlSchedules:
    """What a DAG's schedule is in `prefect.yaml`."""
    for unknown in computed_parts(schedule):
        return YamlSchedules(None, refusal=f"its schedule {unknown}")
    match schedule:
        case None:
            return YamlSchedules()
        case str() if schedule in _PRESETS or not schedule.startswith("@"):
            return YamlSchedules(({"cron": _PRESETS.get(schedule, schedule), "timezone": timezone},))
        case timedelta():
            anchor = {"anchor_date": start_date.isoformat()} if start_date else {}
            return YamlSchedules(({"interval": schedule.total_seconds(), **anchor, "timezone": timezone},))
        case Called(name="CronTriggerTimetable" | "CronDataIntervalTimetable"):
            cron, zone = schedule.argument(0, "cron"), schedule.argument(1, "timezone")
            if isinstance(cron, str) and isinstance(zone, str):
                return YamlSchedules(({"cron": _PRESETS.get(cron, cron), "timezone": zone},))
    shown = schedule.name if isinstance(schedule, Called) else repr(schedule)
    return YamlSchedules(None, refusal=f"its schedule {shown} has no counterpart here")
