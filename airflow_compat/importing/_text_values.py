"""What Airflow finds in its environment or a secrets backend: each connection and variable as one text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .connection import Connection
from .connection_fields import read_json
from .connection_uri import RefusedError
from .export_data import Export, Note, Problem
from .import_uri import read_import_uri
from .variable import VariableRecord


def export_from_stored(
    connections: Mapping[str, str | Mapping[str, Any]],
    variables: Mapping[str, Any],
    problems: Iterable[Problem] = (),
    notes: Iterable[Note] = (),
) -> Export:
    """Read stored connections and variables as a task does.

    Args:
        connections: For each id a URI, JSON, or the fields.
        variables: For each key its value, which is kept as it is.
        problems: What could not be asked for.
        notes: What is said of entries besides.
    """
    found = []
    refused = list(problems)
    for conn_id, stored in connections.items():
        try:
            found.append(Connection(conn_id, **_fields(stored)))
        except RefusedError as exc:
            refused.append(Problem("connection", conn_id, str(exc)))
    records = tuple(VariableRecord(key, text) for key, text in variables.items())
    return Export(connections=tuple(found), variables=records, problems=tuple(refused), notes=tuple(notes))


def _fields(stored: str | Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(stored, str):
        return read_json(stored, read_import_uri)
    text = stored.strip()
    if not text:
        raise RefusedError("it is empty; write a connection's URI or JSON")
    return read_json(text, read_import_uri) if text.startswith("{") else read_import_uri(text, "task")
