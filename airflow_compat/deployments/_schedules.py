"""A DAG's schedule, as its file has it, as `prefect.yaml` has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from .._airflow.assets import Asset, AssetAll, AssetAny, AssetCondition, Dataset
from .._airflow.event_timetables import ContinuousTimetable, EventsTimetable, NullTimetable, OnceTimetable
from .._airflow.interval_timetables import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from .._airflow.read_schedule import read_condition
from .._airflow.source_values import Called, Computed, computed_parts
from .._airflow.trigger_timetables import CronTriggerTimetable, DeltaTriggerTimetable, MultipleCronTriggerTimetable
from .._airflow.version import AirflowVersion
from ..errors import InvalidScheduleError, UnsupportedFeatureError
from .asset_triggers import triggers_of
from .schedule import Schedule, read_schedule

# What Airflow has under two names is one thing here.
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
_WITHOUT_PARTITIONS = "runs have no partitions in Prefect: make the key in the flow, of the date or a parameter"
_BOTH = ("AssetOrTimeSchedule", "DatasetOrTimeSchedule")


@dataclass(frozen=True)
class YamlSchedules:
    """What a deployment's `schedules` and `triggers` are to be.

    Attributes:
        schedules: The schedules; None where they can't be told.
        triggers: The triggers.
        refusal: Why they can't be told; what isn't known, where that is why.
        notes: What differs from Airflow.
    """

    schedules: tuple[dict[str, Any], ...] | None = ()
    triggers: tuple[dict[str, Any], ...] = ()
    refusal: str | Computed = ""
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
    """What a DAG's schedule is in `prefect.yaml`.

    Args:
        schedule: The DAG's, as its file has it.
        start_date: The DAG's.
        end_date: The DAG's.
        timezone: The DAG's time zone.
        catchup: The DAG's.
        airflow_version: "2" or "3".
        now: The present; what is over by then is left out.
    """
    name = schedule.name if isinstance(schedule, Called) else ""
    if name and name not in (*_CLASSES, *_BOTH, "relativedelta", "AssetRef"):
        return YamlSchedules(None, refusal=f"is {name}, which stands for nothing that Prefect has")
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
        triggers = [] if found.assets is None else triggers_of(found.assets)
    except (InvalidScheduleError, UnsupportedFeatureError) as exc:
        return YamlSchedules(None, refusal=f"has no counterpart: {exc}")
    notes = (f"{name}: {_WITHOUT_PARTITIONS}",) if name in _PARTITIONED else ()
    return YamlSchedules(
        tuple(entry.as_dict() for entry in entries.entries), tuple(triggers), notes=(*entries.notes, *notes)
    )


def _read(schedule: Any, given: dict[str, Any]) -> Schedule:
    if isinstance(schedule, Called) and schedule.name in _BOTH:
        moments = read_schedule(_made(schedule.keywords.get("timetable")), **given)
        assets = _made(schedule.keywords.get("assets", schedule.keywords.get("datasets")))
        return replace(moments, assets=_condition(assets))
    return read_schedule(_made(schedule), **given)


def _condition(assets: Any) -> AssetCondition:
    return AssetAll(*map(read_condition, assets)) if isinstance(assets, list) else read_condition(assets)


def _made(value: Any) -> Any:
    """The timetable, the asset or the delta that a call in the file makes. What is nested in it was bounded when read.

    Raises:
        InvalidScheduleError: Airflow takes no such arguments either.
        UnsupportedFeatureError: Nothing here stands for it.
    """
    if isinstance(value, (list, tuple)):
        return [_made(each) for each in value]
    if not isinstance(value, Called):
        return value
    arguments = [_made(each) for each in value.arguments]
    keywords = {name: _made(each) for name, each in value.keywords.items() if name not in _OF_PARTITIONS}
    make = _relativedelta if value.name == "relativedelta" else _CLASSES.get(value.name, _by_uri)
    if make is _by_uri and (value.name != "AssetRef" or "uri" not in keywords):
        raise UnsupportedFeatureError(f"{value.name} stands for nothing that Prefect has")
    try:
        return make(*arguments, **keywords)
    except (TypeError, ValueError, ArithmeticError, AttributeError) as exc:
        if isinstance(exc, (InvalidScheduleError, UnsupportedFeatureError)):
            raise
        raise InvalidScheduleError(f"{value.name} isn't called as Airflow has it; look at its arguments") from None


def _by_uri(*, uri: str) -> Asset:
    return Asset(uri=uri)


def _relativedelta(*arguments: Any, **keywords: Any) -> Any:
    from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]

    return relativedelta(*arguments, **keywords)
