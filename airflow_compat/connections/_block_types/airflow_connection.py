"""Data of the block `AirflowConnection`, which stores all fields of any connection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..._airflow.connection import Connection
from ..._airflow.connection_fields import FIELDS
from ..._airflow.hidden_secrets import hidden_secret

SLUG = "airflow-connection"
PRIVATE = "private"
"""The encrypted field of the block, which stores the values of plain fields that contain a secret."""

_PLAIN = ("description", "host", "login", "schema")


def secret_fields(connection: Connection) -> dict[str, str]:
    """Return the plain fields that contain a secret, each with the kind of secret."""
    found = {name: hidden_secret(getattr(connection, name) or "") for name in _PLAIN}
    return {name: kind for name, kind in found.items() if kind}


def data_from_connection(connection: Connection) -> dict[str, Any]:
    """Return the block's data. A plain field with a secret, such as a host with a login, is stored in `private`."""
    data = {name: getattr(connection, name) for name in ("conn_id", *FIELDS)}
    if private := {name: data.pop(name) for name in secret_fields(connection)}:
        data[PRIVATE] = json.dumps(private)
    return data


def connection_from_data(data: Mapping[str, Any]) -> Connection:
    private = json.loads(data.get(PRIVATE) or "{}")
    return Connection(**{name: data.get(name) for name in ("conn_id", *FIELDS)} | private)
