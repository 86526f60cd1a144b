"""What stands in the files of Airflow's `LocalFilesystemBackend`, decoded: connections and variables by their ids.

Its rules differ from an export's in a few points: an id may have a list of one value; a variable is kept as it is,
whatever its shape; a connection's fields are taken as they are, with `uri` and `extra_dejson` among them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .connection import Connection
from .connection_entries import fields_of_object, values_of
from .connection_fields import FIELDS
from .connection_uri import RefusedError
from .export_data import Export, Note, Problem
from .export_entries import notes_on
from .import_uri import read_import_uri
from .variable import VariableRecord


def connections_from_entries(entries: Mapping[str, Any]) -> Export:
    """The connections of a file.

    Args:
        entries: The file's object: for each id a URI, the fields, or a list that has one of these.
    """
    found: list[Connection] = []
    problems: list[Problem] = []
    notes: list[Note] = []
    for conn_id, value in entries.items():
        try:
            values = values_of(value)
            found += [Connection(conn_id, **_fields(conn_id, single)) for single in values]
            notes += [note for single in values for note in notes_on("connection", conn_id, single)]
        except RefusedError as exc:
            problems.append(Problem("connection", conn_id, str(exc)))
    return Export(connections=tuple(found), problems=tuple(problems), notes=tuple(notes))


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


def _fields(conn_id: str, value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        if value.lstrip().startswith("{"):
            raise RefusedError("it is JSON in quotes, which this backend takes for a URI; write the object itself")
        return read_import_uri(value, "cli") if value else {}
    if not isinstance(value, dict):
        raise RefusedError("it is neither a URI nor an object of a connection's fields")
    fields = {**dict.fromkeys(FIELDS), **fields_of_object(conn_id, value)}
    # Not normalised here, unlike in a URI.
    return fields if value.get("uri") else {**fields, "conn_type": value.get("conn_type")}
