"""The `AirflowConnection` block's data: lossless, for every connection that no native block can hold whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._airflow.connection import Connection
from .._airflow.connection_fields import FIELDS
from .._airflow.hidden_secrets import hidden_secret

SLUG = "airflow-connection"
PRIVATE = "private"
"""The block's encrypted field for what Airflow keeps in a plain one."""

_PLAIN = ("description", "host", "login", "schema")


def secret_fields(connection: Connection) -> dict[str, str]:
    """The fields beside the password and the extra that hold a secret, each with what it is."""
    found = {name: hidden_secret(getattr(connection, name) or "") for name in _PLAIN}
    return {name: kind for name, kind in found.items() if kind}


def data_from_connection(connection: Connection) -> dict[str, Any]:
    """Every field as it is; the block's class makes secrets of `password` and `extra`.

    A plain field that holds a secret, such as a host with a login in it, moves to the encrypted `private`.
    """
    data = {name: getattr(connection, name) for name in ("conn_id", *FIELDS)}
    if private := {name: data.pop(name) for name in secret_fields(connection)}:
        data[PRIVATE] = json.dumps(private)
    return data


def connection_from_data(data: Mapping[str, Any]) -> Connection:
    """The connection that the document holds."""
    private = json.loads(data.get(PRIVATE) or "{}")
    return Connection(**{name: data.get(name) for name in ("conn_id", *FIELDS)} | private)
