"""The `DockerRegistryCredentials` block's data, for `docker` connections: a login to a registry (`DockerHook`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._airflow.connection import Connection
from .field_map import FieldMap, Place
from .specs import MARK

SLUG = "docker-registry-credentials"

_MAP = FieldMap(
    block="DockerRegistryCredentials",
    conn_type="docker",
    fields={
        "login": Place("username"),
        "password": Place("password", masked=True),
        "host": Place("registry_url"),
    },
    extra={"reauth": Place("reauth", bool)},
    required=("login", "password", "host"),
    neutral={"reauth": True},
)


def losses(connection: Connection) -> list[str]:
    """Why this connection can't be held whole, one line a reason; empty when it can."""
    return _MAP.losses(replace(connection, port=None))


def data_from_connection(connection: Connection) -> dict[str, Any]:
    """The document's data for a connection without `losses`."""
    data = _MAP.data(connection)
    if connection.port:
        data["registry_url"] += f":{connection.port}"
        data[MARK]["port"] = connection.port
    return data


def connection_from_data(data: Mapping[str, Any]) -> Connection:
    """The connection that the document holds; also for documents that were made with Prefect alone."""
    found = _MAP.connection(data)
    port = (data.get(MARK) or {}).get("port")
    if port and (found.host or "").endswith(f":{port}"):
        return replace(found, host=(found.host or "").removesuffix(f":{port}"), port=port)
    return found
