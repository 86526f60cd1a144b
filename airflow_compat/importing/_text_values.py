"""Reads connections and variables from the texts that an environment or a secrets backend stores, as Airflow does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._airflow.connection import Connection
from .._airflow.connection_fields import read_json
from .._airflow.connection_uri import RefusedError
from .._airflow.export_data import Export, Note, Problem
from .._airflow.export_entries import read_import_uri
from .._airflow.variable import VariableRecord


def export_from_stored(
    connections: Mapping[str, str | Mapping[str, Any]],
    variables: Mapping[str, Any],
    problems: Iterable[Problem] = (),
    notes: Iterable[Note] = (),
) -> Export:
    """Read stored variables and connections as an Airflow task does.

    A stored connection is a URI, JSON or a dict of fields.
    """
    found = []
    refused = list(problems)
    for conn_id, stored in connections.items():
        try:
            found.append(Connection(conn_id, **_fields(stored)))
        except RefusedError as exc:
            refused.append(Problem("connection", conn_id, str(exc)))
    return Export(
        connections=tuple(found),
        variables=tuple(VariableRecord(key, text) for key, text in variables.items()),
        problems=tuple(refused),
        notes=tuple(notes),
    )


def _fields(stored: str | Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(stored, str):
        return read_json(stored, read_import_uri)
    text = stored.strip()
    if not text:
        raise RefusedError("the connection is empty; use a connection's URI or JSON")
    return read_json(text, read_import_uri) if text.startswith("{") else read_import_uri(text, "task")
