"""Converts `docker` connections (`DockerHook`) to `DockerRegistryCredentials` blocks and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..._airflow.connection import Connection
from ..._prefect.specs import MARK
from .field_map import FieldLocation, FieldMap


class _Map(FieldMap):
    def losses(self, connection: Connection) -> list[str]:
        return super().losses(replace(connection, port=None))

    def data_from_connection(self, connection: Connection) -> dict[str, Any]:
        data = super().data_from_connection(connection)
        if connection.port:
            data["registry_url"] += f":{connection.port}"
            data[MARK]["port"] = connection.port
        return data

    def connection_from_data(self, data: Mapping[str, Any]) -> Connection:
        found = super().connection_from_data(data)
        port = (data.get(MARK) or {}).get("port")
        if port and (found.host or "").endswith(f":{port}"):
            return replace(found, host=(found.host or "").removesuffix(f":{port}"), port=port)
        return found


HOME = _Map(
    block="DockerRegistryCredentials",
    conn_type="docker",
    fields={
        "login": FieldLocation("username"),
        "password": FieldLocation("password", masked=True),
        "host": FieldLocation("registry_url"),
    },
    extra={"reauth": FieldLocation("reauth", bool)},
    required=("login", "password", "host"),
    neutral={"reauth": True},
)
