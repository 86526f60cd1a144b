"""Read one entry of an export or of Airflow's own files, and write a note about each field that is dropped.

Follows `airflow.secrets.local_filesystem`, which `airflow connections import` also uses, but refuses texts that aren't
URIs. For a text that isn't a URI, such as `just-a-token`, Airflow stores a connection with the schema `ust-a-token`, in
plain text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from .connection import Connection
from .connection_fields import read_json, read_uri
from .connection_uri import RefusedError, UriParser
from .export_data import Kind, Note, Problem
from .pool import UNLIMITED_SLOTS, Pool
from .variable import VariableRecord

_Entry = TypeVar("_Entry")

TEAM_NAME_DROPPED = "team_name is dropped: Prefect's server has no teams, so every flow can use the object"
_POOL_KEYS = ("slots", "description", "include_deferred")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_ENCODE = "percent-encode '/', '@', '?' and '#' in the login and password"


def connection_from_entry(conn_id: str, value: Any) -> Connection:
    """Return the connection that an entry describes by a URI, JSON or fields, or by a list with one of these.

    Raises:
        RefusedError: The entry is not a connection.
    """
    single = next(iter(values_of(value)), None)
    if isinstance(single, dict):
        return Connection(conn_id, **fields_of_object(conn_id, single))
    if isinstance(single, str):
        is_json = single.lstrip().startswith("{")
        fields = read_json(single, read_import_uri, "cli") if is_json else read_import_uri(single, "cli")
        return Connection(conn_id, **fields)
    raise RefusedError(f"the connection is {json_type(value)}; use an object of fields, or a URI")


def values_of(value: Any) -> list[Any]:
    """Return the elements if the value is a list; otherwise, return the value as the only element of a list.

    Raises:
        RefusedError: The list has several values.
    """
    if not isinstance(value, list):
        return [value]
    if len(value) > 1:
        raise RefusedError("the entry has several values, which Airflow refuses; keep one value")
    return value


def fields_of_object(conn_id: str, value: dict[str, Any]) -> dict[str, Any]:
    """Return an object's fields, with the keys `uri` and `extra_dejson` converted to fields.

    Raises:
        RefusedError: Airflow refuses the object.
    """
    fields = {key: inner for key, inner in value.items() if key != "team_name"}
    if fields.pop("conn_id", conn_id) != conn_id:
        raise RefusedError(
            "the connection's conn_id differs from the id that it is listed under; use the same id in both places"
        )
    if "extra_dejson" in fields:
        if "extra" in fields:
            raise RefusedError("the connection has both extra and extra_dejson; keep one of the two fields")
        fields["extra"] = fields.pop("extra_dejson")
    return read_json(fields, read_import_uri, "cli")


def read_import_uri(text: str, parser: UriParser) -> dict[str, Any]:
    """Return the fields of a URI.

    Raises:
        RefusedError: Airflow refuses the URI, or would misread it.
    """
    if problem := _uri_problem(text.strip()):
        raise RefusedError(problem)
    return read_uri(text, parser)


def _uri_problem(text: str) -> str:
    if text[:1] in ("'", '"'):
        return (
            "the connection's URI begins with a quotation mark, which an environment file may have kept; remove the "
            "quotes"
        )
    scheme = _SCHEME.match(text)
    if not scheme:
        if re.match(r"[\w+.-]+://", text):
            return "the URI's connection type has characters that a URI scheme cannot have; replace '_' with '-'"
        return "the value is not a connection's URI; use a URI such as postgres://login:password@host/schema, or JSON"
    rest = text[scheme.end() :]
    if second := _SCHEME.match(rest):
        rest = rest[second.end() :]
    # Apart from the '@' after the login, a URI may contain '@' only in the values of its query.
    behind = re.search(r"[/?#].*", rest, re.DOTALL)
    path, _, query = (behind[0] if behind else "").partition("?")
    keys = [pair.partition("=")[0] for pair in query.partition("#")[0].split("&")]
    if "@" in path or "@" in query.partition("#")[2] or any("@" in key for key in keys):
        return f"the URI has an '@' after the host, so a part of the password may be misread; {_ENCODE}"
    return ""


def variable_from_entry(key: str, value: Any) -> VariableRecord:
    """Return an entry's variable.

    Raises:
        RefusedError: JSON cannot represent the value.
    """
    # Airflow's import also treats any object with a "value" as a variable with a description.
    description = None
    if isinstance(value, dict) and "value" in value:
        value, description = value["value"], value.get("description")
    return json_variable(key, value, description)


def json_variable(key: str, value: Any, description: str | None = None) -> VariableRecord:
    """Return a variable with a decoded value.

    Raises:
        RefusedError: JSON cannot represent the value.
    """
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        # YAML has values that JSON does not have: dates, sets, and lists that contain themselves.
        raise RefusedError("JSON cannot hold the variable's value; put the value in quotes") from None
    return VariableRecord(key, value, description)


def pool_from_entry(name: str, value: Any) -> Pool:
    """Return an entry's pool.

    Raises:
        RefusedError: The number of slots is missing or not a whole number.
    """
    if not isinstance(value, dict) or "slots" not in value:
        raise RefusedError("the pool has no 'slots'; add a whole number of at least -1 (unlimited)")
    slots = value["slots"]
    if not isinstance(slots, int) or isinstance(slots, bool) or slots < UNLIMITED_SLOTS:
        raise RefusedError("'slots' is not a whole number of at least -1 (unlimited); correct the number")
    return Pool(name, slots, str(value.get("description") or ""), bool(value.get("include_deferred", False)))


READERS: dict[Kind, Callable[[str, Any], Connection | VariableRecord | Pool]] = {
    "connection": connection_from_entry,
    "variable": variable_from_entry,
    "pool": pool_from_entry,
}
"""The function that reads each kind of entry."""


def read_each(
    kind: Kind, entries: Iterable[tuple[str, Any]], read: Callable[[str, Any], _Entry], problems: list[Problem]
) -> list[_Entry]:
    """Read entries, given with their ids. Add a problem for each entry that `read` refuses with a `RefusedError`."""
    found = []
    for id_, value in entries:
        try:
            found.append(read(id_, value))
        except RefusedError as exc:
            problems.append(Problem(kind, id_, str(exc)))
    return found


def notes_on(kind: Kind, id_: str, value: Any) -> list[Note]:
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
        return f"{key} is dropped: a priority belongs to a task, not to a pool. Use pool(..., priority_weight=)"
    return f"{key} is dropped: a concurrency limit of Prefect has no such field"


def json_type(value: Any) -> str:
    names = {list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number", dict: "an object"}
    return names.get(type(value), "null")
