"""Read a DAG's `schedule=` into a timetable and a condition on assets.

Airflow's objects are recognised by class names and attributes, without importing Airflow.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeAlias

from .._airflow.version import AirflowVersion
from ..errors import InvalidScheduleError, UnsupportedFeatureError
from ._assets import Asset, AssetAll, AssetAny, AssetCondition
from ._event_timetables import ContinuousTimetable, EventsTimetable, NullTimetable, OnceTimetable
from ._periodic_timetables import (
    CronDataIntervalTimetable,
    CronTriggerTimetable,
    DeltaDataIntervalTimetable,
    DeltaTriggerTimetable,
    MultipleCronTriggerTimetable,
)
from ._timetable import Timetable

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

# Airflow classes without a counterpart, by class name, with the reason and the next step.
_REFUSED = {
    "AssetAlias": "the asset of an alias is known only after a task has run. Name the assets themselves",
    "DatasetAlias": "the dataset of an alias is known only after a task has run. Name the datasets themselves",
    "AssetNameRef": "a name alone does not identify an asset. Pass the asset with its URI",
    "PartitionedAssetTimetable": "Prefect events have no partitions. Wait for the assets themselves",
    "PartitionedAtRuntime": "Prefect runs have no partitions. Use schedule=None, and pass the partition key as a "
    "parameter",
    "CronPartitionTimetable": "Prefect runs have no partitions. Use CronTriggerTimetable, and compute the partition "
    "key from the date",
}


def read_value(schedule: Any, *, timezone: str, airflow_version: AirflowVersion, data_intervals: bool) -> Read:
    """Read a DAG's `schedule=` (`airflow.sdk.definitions.dag._create_timetable`).

    With `data_intervals=True`, cron expressions and deltas become timetables with data intervals.

    Raises:
        InvalidScheduleError: Airflow does not accept the value.
        UnsupportedFeatureError: The value has no counterpart in this package.
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
        return NullTimetable(), read_condition(schedule)
    if isinstance(schedule, _OWN):
        if airflow_version == "2" and isinstance(schedule, MultipleCronTriggerTimetable):
            raise UnsupportedFeatureError("MultipleCronTriggerTimetable is not in Airflow 2. Set airflow_version='3'")
        return schedule, None
    return _foreign(schedule, timezone, airflow_version, data_intervals=data_intervals)


def read_condition(value: Any) -> AssetCondition:
    """Convert an asset, a dataset, or a condition on them, from this package or from Airflow.

    Raises:
        InvalidScheduleError: The value is neither an asset nor a condition on assets.
        UnsupportedFeatureError: The value is an alias, or a reference by name.
    """
    if isinstance(value, (Asset, AssetAll, AssetAny)):
        for part in getattr(value, "objects", ()):
            read_condition(part)
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return AssetAll(*map(read_condition, value))
    names = _class_names(value)
    if names & {"AssetAll", "DatasetAll"}:
        return AssetAll(*map(read_condition, value.objects))
    if names & {"AssetAny", "DatasetAny"}:
        return AssetAny(*map(read_condition, value.objects))
    if names & {"Asset", "Dataset", "AssetUriRef"}:
        return Asset(getattr(value, "name", None), value.uri, extra=getattr(value, "extra", None))
    raise InvalidScheduleError(f"{value!r} is not an asset or a condition on assets. Use Asset('s3://...')")


def _foreign(value: Any, timezone: str, airflow_version: AirflowVersion, *, data_intervals: bool) -> Read:
    names = _class_names(value)
    if names & {"AssetOrTimeSchedule", "DatasetOrTimeSchedule"}:
        inner, _ = read_value(
            value.timetable, timezone=timezone, airflow_version=airflow_version, data_intervals=data_intervals
        )
        return inner, read_condition(_attribute(value, "asset_condition", "dataset_condition", "assets", "datasets"))
    if names & {"AssetTriggeredTimetable", "DatasetTriggeredTimetable"}:
        return NullTimetable(), read_condition(_attribute(value, "asset_condition", "dataset_condition"))
    # Exact names only, since a subclass may behave differently.
    if read := _TIMETABLES.get(type(value).__name__):
        return read(value), None
    if names & {"Asset", "Dataset", "AssetAll", "DatasetAll", "AssetAny", "DatasetAny", "AssetUriRef"}:
        return NullTimetable(), read_condition(value)
    if names & {"Timetable", "BaseTimetable"}:
        raise UnsupportedFeatureError(
            f"timetable {type(value).__name__} is not one of Airflow's own, so its times are unknown. List the times "
            "in an EventsTimetable, or use a cron expression"
        )
    raise InvalidScheduleError(
        f"schedule {value!r} is not valid in Airflow. Use a cron expression, a timedelta, a timetable or assets"
    )


def _cron_trigger(value: Any) -> CronTriggerTimetable:
    return CronTriggerTimetable(
        _attribute(value, "expression", "_expression"),
        timezone=_attribute(value, "timezone", "_timezone"),
        interval=_attribute(value, "interval", "_interval"),
        run_immediately=_attribute(value, "run_immediately", "_run_immediately", default=False),
    )


def _multiple(value: Any) -> MultipleCronTriggerTimetable:
    first, *others = map(_cron_trigger, _attribute(value, "timetables", "_timetables"))
    return MultipleCronTriggerTimetable(
        *(each.cron for each in (first, *others)),
        timezone=first.timezone,
        interval=first.interval,
        run_immediately=first.run_immediately,
    )


_TIMETABLES: dict[str, Callable[[Any], Timetable]] = {
    "CronTriggerTimetable": _cron_trigger,
    "CronDataIntervalTimetable": lambda each: CronDataIntervalTimetable(
        _attribute(each, "expression", "_expression"), timezone=_attribute(each, "timezone", "_timezone")
    ),
    "DeltaTriggerTimetable": lambda each: DeltaTriggerTimetable(
        _attribute(each, "delta", "_delta"), interval=_attribute(each, "interval", "_interval")
    ),
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
        f"{type(value).__name__} has no {names[0]}, so the class is not Airflow's own. Use Airflow's class, or a cron "
        "expression"
    )


def _class_names(value: Any) -> set[str]:
    """Return the names of the value's classes, unless one of them has no counterpart."""
    names = {each.__name__ for each in type(value).__mro__}
    for name, why in _REFUSED.items():
        if name in names:
            raise UnsupportedFeatureError(f"{name} has no counterpart as a schedule: {why}")
    return names
