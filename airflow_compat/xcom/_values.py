"""Convert XCom values to JSON text and back, by Airflow's rules for stored and refused types.

A value without a JSON form is stored as an object with the key `~`, which holds the type's name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextvars import ContextVar
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from importlib import import_module
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .._airflow.version import AirflowVersion
from ..errors import XComValueError

_TAG = "~"
_ASSETS = "airflow_compat.authoring._assets"
_PLAIN = frozenset({str, int, bool, float, type(None)})


class Unkeepable(Exception):
    """A value that XCom can't store. The message names the value's type and its place, but never contains the value."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind
        self.place = ""

    def inside(self, key: object) -> Unkeepable:
        """Prepend a surrounding collection's key to `place`, such as `['path']`."""
        self.place = f"[{key!r}]{self.place}"
        return self

    def __str__(self) -> str:
        return f"the value holds {self.kind} at {self.place}" if self.place else f"the value is {self.kind}"


class HostedValue:
    """A value of a class that only Airflow can read, as Airflow serializes it.

    Tasks in an Airflow host can read the value.

    Attributes:
        data: Airflow's JSON of the value.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    def __repr__(self) -> str:
        return f"<a value of {self.data.get('__classname__')}, which tasks in an Airflow host can read>"


KEEPS_HOSTED: ContextVar[bool] = ContextVar("airflow_compat_keeps_hosted", default=False)
"""Whether reading may return a `HostedValue`. If False, reading a value that only Airflow can read raises an error."""


def pack(value: Any, version: AirflowVersion) -> str:
    """Return a value as JSON text.

    Raises:
        Unkeepable: Airflow refuses the value, too. Also raised for dataclasses, attrs and pydantic objects, which
            Airflow stores but by default refuses to read.
    """
    try:
        packed = _pack_3(value) if version == "3" else _pack_2(value, keep_tuples=isinstance(value, tuple))
        return json.dumps(packed, allow_nan=version == "2", separators=(",", ":"))
    except RecursionError:
        raise Unkeepable("a collection that contains itself, or is nested too deeply") from None
    except ValueError:
        raise Unkeepable("nan or inf, or a collection with such a number, which JSON does not allow") from None


def unpack(packed: Any) -> Any:
    if isinstance(packed, list):
        return [unpack(item) for item in packed]
    if not isinstance(packed, dict):
        return packed
    if _TAG not in packed:
        return {key: unpack(item) for key, item in packed.items()}
    return _UNPACK[packed[_TAG]](packed)


def packed_tuple(packed: dict[str, Any]) -> Any:
    """Return the packed items if the packed value is a tuple, else None."""
    return packed["v"] if packed.get(_TAG) == "tuple" else None


def _pack_3(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, dict):
        return _pack_dict(value, str, _pack_3)
    if isinstance(value, list):
        return _pack_items(value, _pack_3)
    if tag := _collection(value):
        return {_TAG: tag, "v": _pack_items(value, _pack_3)}
    return {_TAG: "uuid", "v": str(value)} if kind is UUID else _pack_leaf(value)


def _pack_2(value: Any, *, keep_tuples: bool) -> Any:
    """Pack as Airflow 2 does: JSON's encoder turns tuples into lists, except tuples in a tuple or set."""

    def inner(item: Any) -> Any:
        return _pack_2(item, keep_tuples=keep_tuples)

    if isinstance(value, dict):
        return _pack_dict(value, str if keep_tuples else _json_key, inner)
    if isinstance(value, list) or (isinstance(value, tuple) and not keep_tuples):
        return _pack_items(value, inner)
    if tag := _collection(value):
        return {_TAG: tag, "v": _pack_items(value, lambda item: _pack_2(item, keep_tuples=True))}
    return float(value) if isinstance(value, float) else _pack_leaf(value)


def _collection(value: Any) -> str:
    """Return "set", "frozenset", "tuple", or "" for another type. A named tuple becomes a tuple."""
    kind = type(value)
    if kind in (set, frozenset):
        return kind.__name__
    return "tuple" if kind is tuple or (isinstance(value, tuple) and hasattr(value, "_asdict")) else ""


def _pack_items(value: Any, pack_item: Callable[[Any], Any]) -> list[Any]:
    if set(map(type, value)) <= _PLAIN:
        return list(value)
    packed = []
    for place, item in enumerate(value):
        try:
            packed.append(pack_item(item))
        except Unkeepable as refused:
            raise refused.inside(place) from None
    return packed


def _pack_dict(value: dict[Any, Any], key_text: Callable[[Any], str], pack_item: Callable[[Any], Any]) -> Any:
    packed = {}
    for key, item in value.items():
        try:
            packed[key_text(key)] = item if type(item) in _PLAIN else pack_item(item)
        except Unkeepable as refused:
            raise refused.inside(key) from None
    return {_TAG: "dict", "v": packed} if _TAG in packed else packed


def _json_key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, (int, float)) or key is None:
        return json.dumps(key)
    raise Unkeepable(f"a key that is a {_name(type(key))}")


def _pack_leaf(value: Any) -> Any:
    kind = type(value)
    if kind.__module__ == "numpy" and kind.__name__.startswith(("int", "uint", "float", "bool")):
        return {_TAG: "numpy", "t": value.dtype.name, "v": value.item()}
    if value is None or isinstance(value, (str, int, float)):
        # Airflow 3 stores these enums as their values. A plain Enum is refused below.
        return value.value if isinstance(value, Enum) else value
    if kind in _PACK:
        return _PACK[kind](value)
    if kind is datetime or (kind.__module__, kind.__name__) == ("pendulum.datetime", "DateTime"):
        zone = getattr(value.tzinfo, "key", None) or getattr(value.tzinfo, "zone", None)
        name = "datetime" if kind is datetime else "pendulum"
        return {_TAG: name, "v": datetime.isoformat(value), **({"z": zone} if zone else {})}
    return _pack_zone_or_asset(value)


def _pack_zone_or_asset(value: Any) -> dict[str, Any]:
    kind = type(value)
    if kind is ZoneInfo and value.key:
        return {_TAG: "zone", "v": value.key}
    if kind.__module__ == "pendulum.tz.timezone":
        # For an offset of zero, Airflow returns the time zone UTC.
        key = value.name if kind.__name__ == "Timezone" else value.offset or "UTC"
        return {_TAG: "pendulum zone", "v": key}
    if kind.__module__ == _ASSETS and kind.__name__ in ("Asset", "AssetAlias", "Dataset", "Model"):
        names = ("name", "uri", "group", "extra")
        return {_TAG: "asset", "t": kind.__name__, "v": {name: getattr(value, name, None) for name in names}}
    raise Unkeepable(f"a {_name(kind)}")


_PACK: dict[type, Callable[[Any], dict[str, Any]]] = {
    Decimal: lambda value: {_TAG: "decimal", "v": str(value)},
    HostedValue: lambda value: {_TAG: "airflow", "v": value.data},
    date: lambda value: {_TAG: "date", "v": value.isoformat()},
    timedelta: lambda value: {_TAG: "timedelta", "v": [value.days, value.seconds, value.microseconds]},
}


def _name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _unpack_datetime(packed: dict[str, Any]) -> datetime:
    moment = datetime.fromisoformat(packed["v"])
    zone = packed.get("z")
    if zone is None or moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(timezone.utc if zone == "UTC" else ZoneInfo(zone))
    except ZoneInfoNotFoundError:
        return moment


def _unpack_pendulum(packed: dict[str, Any]) -> datetime:
    import pendulum

    moment = pendulum.instance(datetime.fromisoformat(packed["v"]), tz=None)
    return moment.in_timezone(packed["z"]) if "z" in packed else moment


def _unpack_asset(packed: dict[str, Any]) -> Any:
    given = {name: value for name, value in packed["v"].items() if value is not None}
    return getattr(import_module(_ASSETS), packed["t"])(**given)


def _unpack_hosted(packed: dict[str, Any]) -> HostedValue:
    if not KEEPS_HOSTED.get():
        name = packed["v"].get("__classname__")
        raise XComValueError(
            f"An XCom is a {name}, which Airflow alone can read. Read it in a task that runs in the Airflow host, or "
            "push plain data."
        )
    return HostedValue(packed["v"])


_UNPACK: dict[str, Callable[[dict[str, Any]], Any]] = {
    "airflow": _unpack_hosted,
    "asset": _unpack_asset,
    "dict": lambda packed: {key: unpack(item) for key, item in packed["v"].items()},
    "tuple": lambda packed: tuple(map(unpack, packed["v"])),
    "set": lambda packed: set(map(unpack, packed["v"])),
    "frozenset": lambda packed: frozenset(map(unpack, packed["v"])),
    "uuid": lambda packed: UUID(packed["v"]),
    "decimal": lambda packed: Decimal(packed["v"]),
    "datetime": _unpack_datetime,
    "pendulum": _unpack_pendulum,
    "date": lambda packed: date.fromisoformat(packed["v"]),
    "timedelta": lambda packed: timedelta(*packed["v"]),
    "numpy": lambda packed: import_module("numpy").dtype(packed["t"]).type(packed["v"]),
    "zone": lambda packed: ZoneInfo(packed["v"]),
    "pendulum zone": lambda packed: import_module("pendulum").timezone(packed["v"]),
}
