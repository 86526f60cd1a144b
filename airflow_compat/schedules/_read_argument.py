"""A DAG's `schedule=`, as Airflow takes it, read into a timetable and a condition on assets.

Airflow's own objects are known by the names of their classes and their attributes; nothing of Airflow is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, TypeAlias

from ..errors import InvalidScheduleError, UnsupportedFeatureError
from .assets import Asset, AssetAll, AssetAny, AssetCondition
from .event_timetables import ContinuousTimetable, EventsTimetable, NullTimetable, OnceTimetable
from .interval_timetables import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from .timetable import Timetable
from .trigger_timetables import CronTriggerTimetable, DeltaTriggerTimetable, MultipleCronTriggerTimetable
from .version import AirflowVersion

Read: TypeAlias = tuple[Timetable, AssetCondition | None]

_OWN = (
    CronTriggerTimetable,
    CronDataIntervalTimetable,
    DeltaTriggerTimetable,
    DeltaDataIntervalTimetable,
    MultipleCronTriggerTimetable,
    EventsTimetable,
    NullTimetable,
    OnceTimetable,
    ContinuousTimetable,
)

_WORDS: dict[str | None, Timetable] = {
    None: NullTimetable(),
    "@once": OnceTimetable(),
    "@continuous": ContinuousTimetable(),
}

# By their names, so that what Airflow calls differently in its releases is found all the same.
_REFUSED = {
    "AssetAlias": "which asset an alias stands for is known only when a task has run; name the assets themselves",
    "DatasetAlias": "which dataset an alias stands for is known only when a task has run; name the datasets themselves",
    "AssetNameRef": "a name alone doesn't say which asset is meant; give the asset with its URI",
    "PartitionedAssetTimetable": "events have no partitions here; wait for the assets themselves",
    "PartitionedAtRuntime": "runs have no partitions here; use None, and give the key as a parameter",
    "CronPartitionTimetable": "runs have no partitions here; use CronTriggerTimetable, and make the key of the date",
}


def read_value(schedule: Any, *, timezone: str, airflow_version: AirflowVersion, data_intervals: bool) -> Read:
    """What a DAG's `schedule=` means (`airflow.sdk.definitions.dag._create_timetable`).

    Args:
        schedule: The value.
        timezone: The DAG's, for cron expressions.
        airflow_version: "2" or "3".
        data_intervals: Whether expressions and deltas stand for data intervals.

    Raises:
        InvalidScheduleError: Airflow takes no such value.
        UnsupportedFeatureError: It is one of Airflow's that can't be kept here. The message says why.
    """
    if schedule is None or (isinstance(schedule, str) and schedule in _WORDS):
        return _WORDS[schedule], None
    if isinstance(schedule, str):
        kind = CronDataIntervalTimetable if data_intervals else CronTriggerTimetable
        return kind(schedule, timezone=timezone), None
    if isinstance(schedule, timedelta) or type(schedule).__name__ == "relativedelta":
        delta_kind = DeltaDataIntervalTimetable if data_intervals else DeltaTriggerTimetable
        return delta_kind(schedule), None
    if isinstance(schedule, (list, tuple, set, frozenset)):
        return NullTimetable(), _condition(schedule)
    if isinstance(schedule, _OWN):
        if airflow_version == "2" and isinstance(schedule, MultipleCronTriggerTimetable):
            raise UnsupportedFeatureError(
                "MultipleCronTriggerTimetable is none of Airflow 2's; set airflow_version='3'"
            )
        return schedule, None
    return _foreign(schedule, timezone, airflow_version, data_intervals=data_intervals)


def read_condition(asset: Any) -> AssetCondition:
    """An asset, a dataset, or a condition on them, ours or Airflow's.

    Raises:
        InvalidScheduleError: It is none.
        UnsupportedFeatureError: It is an alias, or a reference by name.
    """
    return _condition(asset)


def _condition(value: Any) -> AssetCondition:
    if isinstance(value, (Asset, AssetAll, AssetAny)):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return AssetAll(*map(_condition, value))
    names = _class_names(value)
    _refuse(names)
    if names & {"AssetAll", "DatasetAll"}:
        return AssetAll(*map(_condition, value.objects))
    if names & {"AssetAny", "DatasetAny"}:
        return AssetAny(*map(_condition, value.objects))
    if names & {"Asset", "Dataset", "AssetUriRef"}:
        return Asset(getattr(value, "name", None), value.uri, extra=getattr(value, "extra", None))
    raise InvalidScheduleError(f"{value!r} is no asset, nor a condition on assets; write Asset('s3://...')")


def _foreign(value: Any, timezone: str, airflow_version: AirflowVersion, *, data_intervals: bool) -> Read:
    names = _class_names(value)
    _refuse(names)
    if names & {"AssetOrTimeSchedule", "DatasetOrTimeSchedule"}:
        inner, _ = read_value(
            value.timetable, timezone=timezone, airflow_version=airflow_version, data_intervals=data_intervals
        )
        return inner, _condition(_attribute(value, "asset_condition", "dataset_condition", "assets", "datasets"))
    if names & {"AssetTriggeredTimetable", "DatasetTriggeredTimetable"}:
        return NullTimetable(), _condition(_attribute(value, "asset_condition", "dataset_condition"))
    for name, read in _TIMETABLES.items():
        # What is derived of one may do anything.
        if type(value).__name__ == name:
            return read(value), None
    if names & {"Asset", "Dataset", "AssetAll", "DatasetAll", "AssetAny", "DatasetAny", "AssetUriRef"} or isinstance(
        value, (Asset, AssetAll, AssetAny)
    ):
        return NullTimetable(), _condition(value)
    if names & {"Timetable", "BaseTimetable"}:
        raise UnsupportedFeatureError(
            f"timetable {type(value).__name__} is none of Airflow's own, so its moments aren't known; list them in an "
            "EventsTimetable, or write a cron expression"
        )
    raise InvalidScheduleError(
        f"schedule {value!r} is nothing that Airflow takes; write a cron expression, a timedelta, a timetable or assets"
    )


def _steps(value: Any) -> dict[str, Any]:
    return {"timezone": _attribute(value, "timezone", "_timezone")}


def _interval(value: Any) -> dict[str, Any]:
    return {"interval": _attribute(value, "interval", "_interval")}


def _immediately(value: Any) -> dict[str, Any]:
    return {"run_immediately": _attribute(value, "run_immediately", "_run_immediately", default=False)}


def _multiple(value: Any) -> MultipleCronTriggerTimetable:
    parts: Iterable[Any] = _attribute(value, "timetables", "_timetables")
    parts = tuple(parts)
    crons = [_attribute(each, "expression", "_expression") for each in parts]
    return MultipleCronTriggerTimetable(*crons, **_steps(parts[0]), **_interval(parts[0]), **_immediately(parts[0]))


_TIMETABLES: dict[str, Callable[[Any], Timetable]] = {
    "CronTriggerTimetable": lambda each: CronTriggerTimetable(
        _attribute(each, "expression", "_expression"), **_steps(each), **_interval(each), **_immediately(each)
    ),
    "CronDataIntervalTimetable": lambda each: CronDataIntervalTimetable(
        _attribute(each, "expression", "_expression"), **_steps(each)
    ),
    "DeltaTriggerTimetable": lambda each: DeltaTriggerTimetable(_attribute(each, "delta", "_delta"), **_interval(each)),
    "DeltaDataIntervalTimetable": lambda each: DeltaDataIntervalTimetable(_attribute(each, "delta", "_delta")),
    "MultipleCronTriggerTimetable": _multiple,
    "EventsTimetable": lambda each: EventsTimetable(each.event_dates, restrict_to_events=each.restrict_to_events),
    "NullTimetable": lambda _: NullTimetable(),
    "OnceTimetable": lambda _: OnceTimetable(),
    "ContinuousTimetable": lambda _: ContinuousTimetable(),
}


def _attribute(value: Any, *names: str, **default: Any) -> Any:
    for name in names:
        if hasattr(value, name):
            return getattr(value, name)
    if "default" in default:
        return default["default"]
    raise InvalidScheduleError(
        f"{type(value).__name__} has no {names[0]}, so it is none of Airflow's; write the schedule out"
    )


def _class_names(value: Any) -> set[str]:
    return {each.__name__ for each in type(value).__mro__}


def _refuse(names: set[str]) -> None:
    for name, why in _REFUSED.items():
        if name in names:
            raise UnsupportedFeatureError(f"{name} can't be kept as a schedule: {why}")
