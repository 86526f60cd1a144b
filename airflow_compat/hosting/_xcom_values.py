"""Converts XComs between Python's objects and the JSON in which Airflow stores them (`airflow.serialization.serde`).

An object that this module can't create stays JSON, so that tasks in a host can still read it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ..xcom._values import HostedValue

_CLASS, _VERSION, _DATA = "__classname__", "__version__", "__data__"
_ZONE = "pendulum.tz.timezone.Timezone"
_OFFSET = "pendulum.tz.timezone.FixedTimezone"
_PENDULUM = "pendulum.datetime.DateTime"


def from_airflow(data: Any) -> Any:
    """Return the object that Airflow's JSON describes."""
    if isinstance(data, list):
        return [from_airflow(item) for item in data]
    if not isinstance(data, dict):
        return data
    name = data.get(_CLASS)
    if name is None:
        return {key: from_airflow(value) for key, value in data.items()}
    read = _READ.get(str(name))
    try:
        return HostedValue(data) if read is None else read(data.get(_DATA))
    except (TypeError, ValueError, KeyError, LookupError):
        # A later release of Airflow may have written the JSON in a form that is unknown here.
        return HostedValue(data)


def to_airflow(value: Any) -> Any:
    """Return the JSON form in which Airflow stores an XCom's value.

    Raises:
        TypeError: This module knows no JSON form for the value.
    """
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, HostedValue):
        return value.data
    if isinstance(value, dict):
        return {str(key): to_airflow(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_airflow(item) for item in value]
    if isinstance(value, (tuple, set, frozenset)):
        kind = next(each for each in (tuple, set, frozenset) if isinstance(value, each))
        return _form(f"builtins.{kind.__name__}", 1, [to_airflow(item) for item in value])
    return _of_moment(value)


def _of_moment(value: Any) -> dict[str, Any]:
    kind = type(value)
    if isinstance(value, datetime):
        name = _PENDULUM if kind.__module__.startswith("pendulum.") else "datetime.datetime"
        return _form(name, 2, {"timestamp": value.timestamp(), "tz": _zone_data(value)})
    if isinstance(value, date):
        return _form("datetime.date", 2, value.isoformat())
    if isinstance(value, timedelta):
        return _form("datetime.timedelta", 2, value.total_seconds())
    return _of_other(value)


def _of_other(value: Any) -> dict[str, Any]:
    kind = type(value)
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        return _form("decimal.Decimal", 1, int(value) if isinstance(exponent, int) and exponent >= 0 else float(value))
    if isinstance(value, UUID):
        return _form("uuid.UUID", 1, str(value))
    if isinstance(value, ZoneInfo):
        return _form("zoneinfo.ZoneInfo", 1, value.key)
    if kind.__module__ == "numpy":
        return _form(f"numpy.{kind.__name__}", 1, value.item())
    raise TypeError(f"cannot serialize object of type {kind.__module__}.{kind.__qualname__}")


def _form(name: str, version: int, data: Any) -> dict[str, Any]:
    return {_CLASS: name, _VERSION: version, _DATA: data}


def _zone_data(moment: datetime) -> dict[str, Any] | None:
    """Return Airflow's JSON form of a time zone: a tuple of its name or offset, class path, version, and True."""
    if moment.tzinfo is None:
        return None
    name = getattr(moment.tzinfo, "key", None) or getattr(moment.tzinfo, "zone", None)
    offset = moment.utcoffset() or timedelta()
    if name is None and offset:
        return to_airflow((int(offset.total_seconds()), _OFFSET, 1, True))  # type: ignore[no-any-return]
    return to_airflow((name or "UTC", _ZONE, 1, True))  # type: ignore[no-any-return]


def _zone(form: Any) -> Any:
    import pendulum

    parts = from_airflow(form)
    name = parts[0] if isinstance(parts, (list, tuple)) else parts
    return None if name is None else pendulum.timezone(name)


def _datetime(data: Any) -> datetime:
    zone = _zone(data["tz"])
    return datetime.fromtimestamp(float(data["timestamp"]), zone)


def _pendulum(data: Any) -> datetime:
    import pendulum

    zone = _zone(data["tz"])
    return pendulum.instance(datetime.fromtimestamp(float(data["timestamp"]), timezone.utc)).in_timezone(zone or "UTC")


def _numpy(name: str) -> Callable[[Any], Any]:
    def read(data: Any) -> Any:
        try:
            import numpy as np
        except ImportError:
            raise LookupError(name) from None
        return np.dtype(name.rstrip("_")).type(data)

    return read


_NUMBERS = "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 bool bool_"
_READ: dict[str, Callable[[Any], Any]] = {
    "builtins.tuple": lambda data: tuple(from_airflow(item) for item in data),
    "builtins.set": lambda data: {from_airflow(item) for item in data},
    "builtins.frozenset": lambda data: frozenset(from_airflow(item) for item in data),
    "datetime.datetime": _datetime,
    _PENDULUM: _pendulum,
    "datetime.date": date.fromisoformat,
    "datetime.timedelta": lambda data: timedelta(seconds=float(data)),
    "decimal.Decimal": lambda data: Decimal(str(data)),
    "uuid.UUID": UUID,
    "zoneinfo.ZoneInfo": ZoneInfo,
    **{f"numpy.{name}": _numpy(name) for name in _NUMBERS.split()},
}
