"""The `AirflowConnection` block's data: lossless, for every connection that no native block can hold whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._airflow.connection import FIELDS, Connection

SLUG = "airflow-connection"


def data_from_connection(connection: Connection) -> dict[str, Any]:
    """Every field as it is; the block's class makes secrets of `password` and `extra`."""
    return {name: getattr(connection, name) for name in ("conn_id", *FIELDS)}


def connection_from_data(data: Mapping[str, Any]) -> Connection:
    """The connection that the document holds."""
    return Connection(**{name: data.get(name) for name in ("conn_id", *FIELDS)})
