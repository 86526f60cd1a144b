"""Creates the schedule of a DAG from the data with which a host describes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ... import schedules
from ..._airflow.version import AirflowVersion
from ...authoring import BaseTimetable
from ...authoring._assets import Asset, AssetAlias, AssetAll, AssetAny, AssetOrTimeSchedule, BaseAsset, Dataset


def schedule_from(data: Mapping[str, Any] | None, release: AirflowVersion) -> Any:
    """Return the value of `schedule=` in a description: a text, a timetable, a condition on assets, or None."""
    match data:
        case None:
            return None
        case {"text": text}:
            return text
        case {"condition": condition, "timetable": timetable}:
            assets = condition_from(condition, release)
            if timetable is None:
                return assets
            return AssetOrTimeSchedule(timetable=schedule_from(timetable, release), assets=assets)
        case {"unknown": name}:
            return type(name, (BaseTimetable,), {"__doc__": "A timetable of the host."})()
    return _timetable(data)


def condition_from(data: Mapping[str, Any], release: AirflowVersion) -> Any:
    """Return the condition on assets that a description contains."""
    match data:
        case {"all": parts}:
            return AssetAll(*(condition_from(each, release) for each in parts))
        case {"any": parts}:
            return AssetAny(*(condition_from(each, release) for each in parts))
        case {"name": name, "uri": None}:
            return AssetAlias(name)
        case {"name": name, "uri": uri}:
            return Dataset(uri) if release == "2" else Asset(name, uri)
    # The class gets the name of the unknown object, because the error that refuses the schedule shows the class's name.
    return type(str(data["unknown"]), (BaseAsset,), {"__doc__": "A part of a condition of the host."})()


def _timetable(data: Mapping[str, Any]) -> Any:
    made = getattr(schedules, data["class"])
    delta, interval = (None if data[name] is None else timedelta(seconds=data[name]) for name in ("delta", "interval"))
    expressions = data["expression"]
    arguments: dict[str, Any] = {} if interval is None else {"interval": interval}
    if expressions is None:
        return made(delta, **arguments)
    given = expressions if isinstance(expressions, list) else [expressions]
    return made(*given, timezone=data["timezone"], **arguments)
