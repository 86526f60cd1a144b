"""The schedule, `start_date` and `end_date` of a DAG, as far as its file tells them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .._airflow.dag_source import DagSource
from .._airflow.source_values import Computed, PastMoment
from .._airflow.version import AirflowVersion
from .._airflow.zones import zone_name
from ..errors import InvalidScheduleError


def schedule_of(dag: DagSource, airflow_version: AirflowVersion) -> tuple[Any, Computed | None]:
    """Return the schedule of a DAG, and the condition that may switch it off.

    Where a condition decides between a schedule and None, the schedule is returned.
    """
    schedule = _given_schedule(dag, airflow_version)
    options = _options(schedule)
    on = [each for each in options if each is not None]
    if len(on) != len(options) and isinstance(schedule, Computed) and on and all(each == on[0] for each in on):
        return on[0], schedule
    return schedule, None


def date_of(dag: DagSource, name: str, timezone: str) -> tuple[Any, str]:
    """Return a date of a DAG or of its tasks, and the name of its time zone, which is the DAG's.

    A moment that is always in the past is None: only its time zone says something about the runs.

    Args:
        dag: The DAG.
        name: `start_date` or `end_date`.
        timezone: The time zone of dates without one.
    """
    value = dag.get(name)
    if value is None:
        value = _default(dag.get("default_args"), name)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            value = Computed("is a text that is no ISO date")
    if isinstance(value, PastMoment):
        return None, value.timezone or timezone
    if isinstance(value, datetime):
        try:
            return value, zone_name(value.tzinfo) if value.tzinfo else timezone
        except InvalidScheduleError:
            return Computed("is in a time zone that has no name"), timezone
    return value if value is None or isinstance(value, Computed) else Computed("is no date"), timezone


def starts_when_read(dag: DagSource) -> bool:
    """True for `start_date=datetime.now()`, which Airflow moves on each time that it reads the file."""
    value = dag.get("start_date") or _default(dag.get("default_args"), "start_date")
    return isinstance(value, PastMoment) and not value.is_day and value.days == 0


def _given_schedule(dag: DagSource, airflow_version: AirflowVersion) -> Any:
    for name in ("schedule", "timetable", "schedule_interval"):
        if name in dag.arguments:
            return dag.arguments[name]
    if dag.unpacked is not None:
        return dag.unpacked
    # 2.11's own default; 3.x has none.
    return timedelta(days=1) if airflow_version == "2" else None


def _default(default_args: Any, name: str) -> Any:
    """A value of `default_args`; `Computed` where it is not known."""
    if isinstance(default_args, dict):
        return default_args.get(name)
    found = [each.get(name) if isinstance(each, dict) else _UNKNOWN for each in _options(default_args)]
    is_same = isinstance(default_args, Computed) and _UNKNOWN not in found and all(each == found[0] for each in found)
    return found[0] if is_same else default_args


def _options(value: Any) -> list[Any]:
    """The values between which conditions decide."""
    if isinstance(value, Computed) and value.options:
        return [option for each in value.options for option in _options(each)]
    return [value]


_UNKNOWN = object()
