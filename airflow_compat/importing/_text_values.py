"""Reads connections and variables from the texts that an environment or a secrets backend stores, as Airflow does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._airflow.connection import Connection
from .._airflow.connection_fields import read_json
from .._airflow.connection_uri import RefusedError
from .._airflow.export_data import Export, Note, Problem
from .._airflow.export_entries import read_each, read_import_uri
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
    refused = list(problems)
    return Export(
        connections=tuple(read_each("connection", connections.items(), _connection, refused)),
        variables=tuple(VariableRecord(key, text) for key, text in variables.items()),
        problems=tuple(refused),
        notes=tuple(notes),
    )


def _connection(conn_id: str, stored: str | Mapping[str, Any]) -> Connection:
    text = stored.strip() if isinstance(stored, str) else stored
    if text == "":
        raise RefusedError("the connection is empty; use a connection's URI or JSON")
    if isinstance(text, str) and not text.startswith("{"):
        return Connection(conn_id, **read_import_uri(text, "task"))
    return Connection(conn_id, **read_json(text, read_import_uri))
