"""Reads the schedule of a DAG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..schedules import Schedule, read_schedule

if TYPE_CHECKING:
    from ..authoring import DAG


def schedule_of(dag: DAG) -> Schedule:
    """Return the schedule of a DAG.

    Raises:
        InvalidScheduleError: The schedule is invalid by Airflow's rules.
        UnsupportedFeatureError: The timetable has no counterpart.
    """
    return read_schedule(
        dag.schedule,
        start_date=dag.local_start_date,
        end_date=dag.end_date,
        timezone=dag.timezone,
        catchup=dag.catchup,
        airflow_version=dag.airflow_version,
    )
