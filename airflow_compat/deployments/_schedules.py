"""Convert a DAG's `schedule`, `start_date` and `end_date` to the form of `prefect.yaml`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from .._airflow.version import AirflowVersion
from .._airflow.zones import zone_name
from .._dag_source.dags import DagSource
from .._dag_source.values import AirflowCall, PastMoment, RuntimeValue, computed_parts
from ..errors import InvalidScheduleError, UnsupportedFeatureError
from ..schedules import (
    Asset,
    AssetAll,
    AssetAny,
    CronDataIntervalTimetable,
    CronTriggerTimetable,
    Dataset,
    DeltaDataIntervalTimetable,
    DeltaTriggerTimetable,
    EventsTimetable,
    MultipleCronTriggerTimetable,
    Schedule,
    asset_triggers,
    read_schedule,
)
from ..schedules._event_timetables import ContinuousTimetable, NullTimetable, OnceTimetable
from ..schedules._read_argument import read_condition

# For each class name of Airflow: the counterpart of the class. Some classes have two names in Airflow.
_CLASSES: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "Asset": Asset,
        "AssetAll": AssetAll,
        "AssetAny": AssetAny,
        "Dataset": Dataset,
        "DatasetAll": AssetAll,
        "DatasetAny": AssetAny,
        "CronTriggerTimetable": CronTriggerTimetable,
        "CronDataIntervalTimetable": CronDataIntervalTimetable,
        "DeltaTriggerTimetable": DeltaTriggerTimetable,
        "DeltaDataIntervalTimetable": DeltaDataIntervalTimetable,
        "MultipleCronTriggerTimetable": MultipleCronTriggerTimetable,
        "EventsTimetable": EventsTimetable,
        "NullTimetable": NullTimetable,
        "OnceTimetable": OnceTimetable,
        "ContinuousTimetable": ContinuousTimetable,
        "PartitionedAtRuntime": NullTimetable,
        "CronPartitionTimetable": CronTriggerTimetable,
    }
)
_PARTITIONED = ("CronPartitionTimetable", "PartitionedAtRuntime")
_OF_PARTITIONS = ("run_offset", "key_format")
_WITHOUT_PARTITIONS = (
    "Prefect runs have no partitions; compute the partition key in the flow, from the date or a parameter"
)
_BOTH = ("AssetOrTimeSchedule", "DatasetOrTimeSchedule")


@dataclass(frozen=True)
class YamlSchedules:
    """A deployment's `schedules` and `triggers`, as in `prefect.yaml`.

    Attributes:
        schedules: The schedules; None if they are unknown.
        refusal: Why the schedules are unknown: a text or a `RuntimeValue`.
    """

    schedules: tuple[dict[str, Any], ...] | None = ()
    triggers: tuple[dict[str, Any], ...] = ()
    refusal: str | RuntimeValue = ""
    notes: tuple[str, ...] = ()


def yaml_schedules(
    schedule: Any,
    *,
    start_date: datetime | None,
    end_date: datetime | None,
    timezone: str,
    catchup: bool | None,
    airflow_version: AirflowVersion,
    now: datetime,
) -> YamlSchedules:
    """Convert a DAG's schedule for `prefect.yaml`. Schedules that have already ended are left out."""
    name = schedule.name if isinstance(schedule, AirflowCall) else ""
    if name and name not in (*_CLASSES, *_BOTH, "relativedelta", "AssetRef"):
        return YamlSchedules(None, refusal=f"is {name}, which has no counterpart in Prefect")
    for unknown in computed_parts(schedule):
        return YamlSchedules(None, refusal=unknown)
    given = {
        "start_date": start_date,
        "end_date": end_date,
        "timezone": timezone,
        "catchup": catchup,
        "airflow_version": airflow_version,
    }
    try:
        found = _read(schedule, given)
        entries = found.entries(now=now)
        triggers = asset_triggers(found)
    except (InvalidScheduleError, UnsupportedFeatureError) as exc:
        return YamlSchedules(None, refusal=f"has no counterpart: {exc}")
    notes = (f"{name}: {_WITHOUT_PARTITIONS}",) if name in _PARTITIONED else ()
    return YamlSchedules(
        tuple(entry.as_dict() for entry in entries.entries), tuple(triggers), notes=(*entries.notes, *notes)
    )


def _read(schedule: Any, given: dict[str, Any]) -> Schedule:
    if isinstance(schedule, AirflowCall) and schedule.name in _BOTH:
        moments = read_schedule(_made(schedule.keywords.get("timetable")), **given)
        assets = _made(schedule.keywords.get("assets", schedule.keywords.get("datasets")))
        return replace(moments, assets=read_condition(assets))
    return read_schedule(_made(schedule), **given)


def _made(value: Any) -> Any:
    """Create the object of our own class that corresponds to a call of a timetable, asset or delta in the DAG file.

    Raises:
        InvalidScheduleError: Airflow does not accept these arguments.
        UnsupportedFeatureError: The class that is called has no counterpart.
    """
    if isinstance(value, (list, tuple)):
        return [_made(each) for each in value]
    if not isinstance(value, AirflowCall):
        return value
    arguments = [_made(each) for each in value.arguments]
    keywords = {name: _made(each) for name, each in value.keywords.items() if name not in _OF_PARTITIONS}
    make = _relativedelta if value.name == "relativedelta" else _CLASSES.get(value.name, _by_uri)
    if make is _by_uri and (value.name != "AssetRef" or "uri" not in keywords):
        raise UnsupportedFeatureError(f"{value.name} has no counterpart in Prefect")
    try:
        return make(*arguments, **keywords)
    except (TypeError, ValueError, ArithmeticError, AttributeError) as exc:
        if isinstance(exc, (InvalidScheduleError, UnsupportedFeatureError)):
            raise
        raise InvalidScheduleError(
            f"{value.name}: Airflow does not accept the arguments of this call. Correct the arguments"
        ) from None


def _by_uri(*, uri: str) -> Asset:
    return Asset(uri=uri)


def _relativedelta(*arguments: Any, **keywords: Any) -> Any:
    from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]

    return relativedelta(*arguments, **keywords)


def schedule_of(dag: DagSource, airflow_version: AirflowVersion) -> tuple[Any, RuntimeValue | None]:
    """Return the schedule of a DAG, and a condition that disables the schedule, if there is one.

    For `schedule="@daily" if PROD else None`, the schedule is `"@daily"`, and `PROD` is the condition.
    """
    schedule = _given_schedule(dag, airflow_version)
    options = _options(schedule)
    on = [each for each in options if each is not None]
    if len(on) != len(options) and isinstance(schedule, RuntimeValue) and on and all(each == on[0] for each in on):
        return on[0], schedule
    return schedule, None


def date_of(dag: DagSource, name: str, timezone: str) -> tuple[Any, str]:
    """Return a date argument of a DAG or of its tasks, and the name of the DAG's time zone.

    A date that is always in the past becomes None, because only its time zone affects the runs.
    """
    value = dag.get(name)
    if value is None:
        value = _default(dag.get("default_args"), name)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            value = RuntimeValue("is not an ISO date")
    if isinstance(value, PastMoment):
        return None, value.timezone or timezone
    if isinstance(value, datetime):
        try:
            return value, zone_name(value.tzinfo) if value.tzinfo else timezone
        except InvalidScheduleError:
            return RuntimeValue("is in a time zone without a name"), timezone
    return value if value is None or isinstance(value, RuntimeValue) else RuntimeValue("is not a date"), timezone


def starts_when_read(dag: DagSource) -> bool:
    """Return True for `start_date=datetime.now()`, which differs each time that Airflow reads the file."""
    value = dag.get("start_date") or _default(dag.get("default_args"), "start_date")
    return isinstance(value, PastMoment) and not value.is_day and value.days == 0


def _given_schedule(dag: DagSource, airflow_version: AirflowVersion) -> Any:
    for name in ("schedule", "timetable", "schedule_interval"):
        if name in dag.arguments:
            return dag.arguments[name]
    if dag.unpacked is not None:
        return dag.unpacked
    # If the schedule is not given, Airflow 2.11 runs a DAG daily, and Airflow 3 does not schedule the DAG.
    return timedelta(days=1) if airflow_version == "2" else None


def _default(default_args: Any, name: str) -> Any:
    if isinstance(default_args, dict):
        return default_args.get(name)
    found = [each.get(name) if isinstance(each, dict) else _UNKNOWN for each in _options(default_args)]
    is_same = (
        isinstance(default_args, RuntimeValue) and _UNKNOWN not in found and all(each == found[0] for each in found)
    )
    return found[0] if is_same else default_args


def _options(value: Any) -> list[Any]:
    if isinstance(value, RuntimeValue) and value.options:
        return [option for each in value.options for option in _options(each)]
    return [value]


_UNKNOWN = object()
