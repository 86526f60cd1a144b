"""What stands in the files of Airflow's `LocalFilesystemBackend`, decoded: connections and variables by their ids.

Its rules differ from an export's in a few points: an id may have a list of one value; a variable is kept as it is,
whatever its shape; a connection's fields are taken as they are, with `uri` and `extra_dejson` among them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .connection import FIELDS, Connection, read_json, read_uri
from .connection_uri import RefusedError
from .exports import Export, Problem
from .variable import VariableRecord


def connections_from_entries(entries: Mapping[str, Any]) -> Export:
    """The connections of a file.

    Args:
        entries: The file's object: for each id a URI, the fields, or a list that has one of these.
    """
    found: list[Connection] = []
    problems: list[Problem] = []
    for conn_id, value in entries.items():
        try:
            found += [Connection(conn_id, **_fields(conn_id, single)) for single in _values(value)]
        except RefusedError as exc:
            problems.append(Problem("connection", conn_id, str(exc)))
    return Export(connections=tuple(found), problems=tuple(problems))


def variables_from_entries(entries: Mapping[str, Any]) -> Export:
    """The variables of a file, as Airflow hands them out: a value that isn't text stays what it is."""
    found: list[VariableRecord] = []
    problems: list[Problem] = []
    for key, value in entries.items():
        try:
            json.dumps(value)
        except (TypeError, ValueError, RecursionError):
            # YAML has more than JSON: dates, sets, and lists that hold themselves.
            problems.append(Problem("variable", key, "its value is more than JSON can hold; put it in quotes"))
        else:
            found.append(VariableRecord(key, value))
    return Export(variables=tuple(found), problems=tuple(problems))


READERS: dict[str, Callable[[Mapping[str, Any]], Export]] = {
    "connections_file_path": connections_from_entries,
    "variables_file_path": variables_from_entries,
}
"""What reads the entries of the file that each of the backend's arguments names."""


def _values(value: Any) -> list[Any]:
    if not isinstance(value, list):
        return [value]
    if len(value) > 1:
        raise RefusedError("it has several values, which Airflow refuses; keep one of them")
    return value


def _fields(conn_id: str, value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return _uri_fields(value)
    if not isinstance(value, dict):
        raise RefusedError("it is neither a URI nor an object of a connection's fields")
    fields = dict(value)
    if fields.pop("conn_id", conn_id) != conn_id:
        raise RefusedError("its conn_id is another than the id it stands under; make the two one")
    uri = fields.pop("uri", None)
    if uri:
        # Which no URI can hold.
        description = read_json({"description": fields.pop("description", None)})["description"]
        if any(fields.values()):
            raise RefusedError("it has a uri and other fields; write either of the two")
        return {**_uri_fields(uri), "description": description}
    if "extra_dejson" in fields:
        if "extra" in fields:
            raise RefusedError("it has both extra and extra_dejson; keep one of them")
        fields["extra"] = fields.pop("extra_dejson")
    conn_type = fields.get("conn_type")
    read = read_json({name: fields[name] for name in fields if name != "conn_type"})
    if conn_type is not None and not isinstance(conn_type, str):
        raise RefusedError("'conn_type' is not text; put it in quotes")
    # Not normalised here, unlike in a URI.
    return {**dict.fromkeys(FIELDS), **read, "conn_type": conn_type}


def _uri_fields(uri: object) -> dict[str, Any]:
    if not isinstance(uri, str):
        raise RefusedError("its uri is not text; write one such as postgres://host")
    if uri.lstrip().startswith("{"):
        raise RefusedError("it is JSON in quotes, which this backend takes for a URI; write the object itself")
    return read_uri(uri, "cli") if uri else {}
