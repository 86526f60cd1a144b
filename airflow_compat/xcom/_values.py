"""An XCom's value as JSON text and back: what Airflow keeps is kept, what fails its tasks is refused.

Prefect's storages hold the text. What JSON has no form for is an object with the key `~`, which names its type.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from importlib import import_module
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .version import AirflowVersion

_TAG = "~"
_PLAIN = frozenset({str, int, bool, float, type(None)})


class Unkeepable(Exception):
    """A value that XCom doesn't keep. Says which part of it, by type and place, and never the value."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind
        self.place = ""

    def inside(self, key: object) -> Unkeepable:
        """The same, seen from the collection that holds it under this key."""
        self.place = f"[{key!r}]{self.place}"
        return self

    def __str__(self) -> str:
        return f"it holds {self.kind} at {self.place}" if self.place else f"it is {self.kind}"


def pack(value: Any, version: AirflowVersion) -> str:
    """The text of a value.

    Raises:
        Unkeepable: Airflow fails the task that pushes it; also for dataclasses, attrs and pydantic objects, which
            Airflow keeps and then refuses to read unless its configuration allows them.
    """
    try:
        packed = _pack_3(value) if version == "3" else _pack_2(value, keep_tuples=isinstance(value, tuple))
        return json.dumps(packed, allow_nan=version == "2", separators=(",", ":"))
    except RecursionError:
        raise Unkeepable("a collection that holds itself, or is nested too deeply") from None
    except ValueError:
        raise Unkeepable("a collection with nan or inf in it, or such a number, which JSON doesn't have") from None


def unpack(packed: Any) -> Any:
    """The value, from what the text holds."""
    if isinstance(packed, list):
        return [unpack(item) for item in packed]
    if not isinstance(packed, dict):
        return packed
    if _TAG not in packed:
        return {key: unpack(item) for key, item in packed.items()}
    return _UNPACK[packed[_TAG]](packed)


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
    """As Airflow 2 does: JSON's own encoder goes first, so tuples become lists, but for those in a tuple or set."""

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
    """The name of the collection that Airflow gives back; "" for what is none. A named tuple becomes a tuple."""
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
        # Airflow 3 keeps these enums as their values; a plain Enum is refused below.
        return value.value if isinstance(value, Enum) else value
    if kind is Decimal:
        return {_TAG: "decimal", "v": str(value)}
    if kind is datetime or (kind.__module__, kind.__name__) == ("pendulum.datetime", "DateTime"):
        zone = getattr(value.tzinfo, "key", None) or getattr(value.tzinfo, "zone", None)
        name = "datetime" if kind is datetime else "pendulum"
        return {_TAG: name, "v": datetime.isoformat(value), **({"z": zone} if zone else {})}
    return _pack_date_part(value)


def _pack_date_part(value: Any) -> dict[str, Any]:
    """The form of a date, a timedelta, or a time zone with a name or of pendulum's."""
    kind = type(value)
    if kind is date:
        return {_TAG: "date", "v": value.isoformat()}
    if kind is timedelta:
        return {_TAG: "timedelta", "v": [value.days, value.seconds, value.microseconds]}
    if kind is ZoneInfo and value.key:
        return {_TAG: "zone", "v": value.key}
    if kind.__module__ == "pendulum.tz.timezone":
        # Airflow gives back the zone UTC for an offset of zero.
        key = value.name if kind.__name__ == "Timezone" else value.offset or "UTC"
        return {_TAG: "pendulum zone", "v": key}
    raise Unkeepable(f"a {_name(kind)}")


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


def _unpack_pendulum_zone(packed: dict[str, Any]) -> Any:
    import pendulum

    return pendulum.timezone(packed["v"])


def _unpack_numpy(packed: dict[str, Any]) -> Any:
    numpy: Any = import_module("numpy")
    return numpy.dtype(packed["t"]).type(packed["v"])


_UNPACK: dict[str, Callable[[dict[str, Any]], Any]] = {
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
    "numpy": _unpack_numpy,
    "zone": lambda packed: ZoneInfo(packed["v"]),
    "pendulum zone": _unpack_pendulum_zone,
}
