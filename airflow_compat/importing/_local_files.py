"""Reads the decoded files of Airflow's `LocalFilesystemBackend`, which map ids to connections or variables.

The rules differ from those for an export file: an id may map to a list of one value, variables keep their JSON type, a
connection's fields are not normalised, and a connection may have the fields `uri` and `extra_dejson`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._airflow.connection import Connection
from .._airflow.connection_fields import FIELDS
from .._airflow.connection_uri import RefusedError
from .._airflow.export_data import Export, Note, Problem
from .._airflow.export_entries import (
    fields_of_object,
    json_variable,
    notes_on,
    read_each,
    read_import_uri,
    values_of,
)


def connections_from_entries(entries: Mapping[str, Any]) -> Export:
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
    """Return the variables of a file. As in Airflow, values keep their JSON type."""
    problems: list[Problem] = []
    found = tuple(read_each("variable", entries.items(), json_variable, problems))
    return Export(variables=found, problems=tuple(problems))


READERS: dict[str, Callable[[Mapping[str, Any]], Export]] = {
    "connections_file_path": connections_from_entries,
    "variables_file_path": variables_from_entries,
}
"""Maps each argument of the backend that names a file to the function that reads the file's decoded content."""


def _fields(conn_id: str, value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        if value.lstrip().startswith("{"):
            raise RefusedError(
                "the connection is JSON in quotes, which this backend reads as a URI; use the object without quotes"
            )
        return read_import_uri(value, "cli") if value else {}
    if not isinstance(value, dict):
        raise RefusedError("the connection is neither a URI nor an object of fields; use one of the two")
    fields = {**dict.fromkeys(FIELDS), **fields_of_object(conn_id, value)}
    # As in Airflow, only a connection type that comes from a URI is normalised.
    return fields if value.get("uri") else {**fields, "conn_type": value.get("conn_type")}
