"""One entry of an export, read into data; what is left out of it is noted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .connection import Connection
from .connection_entries import fields_of_object, values_of
from .connection_fields import read_json
from .connection_uri import RefusedError
from .export_data import Kind, Note
from .import_uri import read_import_uri
from .pool import UNLIMITED_SLOTS, Pool
from .variable import VariableRecord

TEAM_NAME_DROPPED = "team_name is dropped: Prefect's server has no teams, and every flow can use it"
_POOL_KEYS = ("slots", "description", "include_deferred")


def connection_from_entry(conn_id: str, value: Any) -> Connection:
    """The connection that an entry gives: its URI, its JSON, its fields, or a list with one of these.

    Raises:
        RefusedError: It can't be a connection.
    """
    single = next(iter(values_of(value)), None)
    if isinstance(single, dict):
        return Connection(conn_id, **fields_of_object(conn_id, single))
    if isinstance(single, str):
        is_json = single.lstrip().startswith("{")
        fields = read_json(single, read_import_uri, "cli") if is_json else read_import_uri(single, "cli")
        return Connection(conn_id, **fields)
    raise RefusedError(f"it is {json_type(value)}, not a connection's fields or URI")


def variable_from_entry(key: str, value: Any) -> VariableRecord:
    """The variable that an entry gives.

    Raises:
        RefusedError: JSON can't hold its value.
    """
    # Airflow's own import takes any object with a "value" for a described variable.
    description = None
    if isinstance(value, dict) and "value" in value:
        value, description = value["value"], value.get("description")
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        # YAML has more than JSON: dates, sets, and lists that hold themselves.
        raise RefusedError("its value is more than JSON can hold; put it in quotes") from None
    return VariableRecord(key, value, description)


def pool_from_entry(name: str, value: Any) -> Pool:
    """The pool that an entry gives.

    Raises:
        RefusedError: It has no slots, or no whole number of them.
    """
    if not isinstance(value, dict) or "slots" not in value:
        raise RefusedError("it has no 'slots'")
    slots = value["slots"]
    if not isinstance(slots, int) or isinstance(slots, bool) or slots < UNLIMITED_SLOTS:
        raise RefusedError("'slots' is not a whole number from -1 (unlimited)")
    description = value.get("description") or ""
    return Pool(name, slots, str(description), bool(value.get("include_deferred", False)))


READERS: dict[Kind, Callable[[str, Any], Connection | VariableRecord | Pool]] = {
    "connection": connection_from_entry,
    "variable": variable_from_entry,
    "pool": pool_from_entry,
}
"""What reads an entry of each kind."""


def notes_on(kind: Kind, id_: str, value: Any) -> list[Note]:
    """What is left out of an entry that could be read."""
    if not isinstance(value, dict):
        return []
    notes = []
    if value.get("team_name") and (kind != "variable" or "value" in value):
        notes.append(TEAM_NAME_DROPPED)
    if kind == "pool":
        notes += [_dropped_of_pool(str(key)) for key in value if key not in (*_POOL_KEYS, "team_name")]
    return [Note(kind, id_, note) for note in notes]


def _dropped_of_pool(key: str) -> str:
    if key in ("priority", "priority_weight"):
        return f"{key} is dropped: it is a task's, and goes to pool(..., priority_weight=)"
    return f"{key} is dropped: a limit has no such field"


def json_type(value: Any) -> str:
    """What a value is called in messages."""
    names = {list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number", dict: "an object"}
    return names.get(type(value), "null")
