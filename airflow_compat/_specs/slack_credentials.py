"""The `SlackCredentials` block's data, for `slack` connections: the password is the token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._airflow.connection import Connection
from .field_map import FieldMap, Place

SLUG = "slack-credentials"

_MAP = FieldMap(
    block="SlackCredentials",
    conn_type="slack",
    fields={"password": Place("token", masked=True)},
    required=("password",),
    neutral={"base_url": "https://www.slack.com/api/"},
)


def losses(connection: Connection) -> list[str]:
    """Why this connection can't be held whole, one line a reason; empty when it can."""
    return _MAP.losses(connection)


def data_from_connection(connection: Connection) -> dict[str, Any]:
    """The document's data for a connection without `losses`."""
    return _MAP.data(connection)


def connection_from_data(data: Mapping[str, Any]) -> Connection:
    """The connection that the document holds; also for documents that were made with Prefect alone."""
    return _MAP.connection(data)
