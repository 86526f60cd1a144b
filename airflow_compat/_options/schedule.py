"""A DAG's schedule as what `flow.deploy` takes: `schedules`, and `triggers` for assets."""

from __future__ import annotations

from typing import Any

from .._specs.schedule import Schedule, read_schedule
from .given import Given


def schedule_of_dag(given: Given) -> Schedule:
    """What the DAG says of when it runs, and for which assets it waits.

    Raises:
        InvalidScheduleError: Airflow takes no such schedule either.
        UnsupportedFeatureError: It is one that can't be kept.
    """
    names = ("schedule_interval", "timetable", "schedule")
    value = next((given.values[name] for name in names if given.values.get(name) is not None), None)
    return read_schedule(
        value,
        start_date=given.get("start_date"),
        end_date=given.get("end_date"),
        catchup=given.get("catchup"),
        airflow_version=given.version,
    )


def schedule_options(schedule: Schedule) -> dict[str, Any]:
    """The options `schedules` and `triggers`; those that are empty are left out.

    Raises:
        UnsupportedFeatureError: Prefect can't run at these moments.
    """
    from .._prefect.schedules import schedule_of
    from .._specs.asset_triggers import triggers_of

    options: dict[str, Any] = {}
    if entries := schedule.entries().entries:
        options["schedules"] = [schedule_of(entry) for entry in entries]
    if schedule.assets is not None:
        options["triggers"] = triggers_of(schedule.assets)
    return options
