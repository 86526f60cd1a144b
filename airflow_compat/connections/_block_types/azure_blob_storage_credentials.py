"""Converts `wasb` connections to `AzureBlobStorageCredentials` blocks and back.

Airflow's rules (`WasbHook`): the hook uses the connection string or, if there is none, a service principal with the
account's URL. The block lacks fields for account keys and SAS tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._airflow.connection import Connection
from .field_map import FieldLocation, FieldMap


class _Map(FieldMap):
    def more_losses(self, connection: Connection, given: Mapping[str, Any]) -> list[str]:
        principal = [connection.login, connection.password, given.get("tenant_id")]
        if "connection_string" in given:
            return [
                f"{name} beside a connection string has no place in {self.block}"
                for name, value in (("host", connection.host), ("a service principal", any(principal)))
                if value
            ]
        if not (connection.host or "").startswith("https://"):
            return [f"the host is not the account's URL, which {self.block} needs"]
        half = ["the connection lacks a part of the service principal: login, password or extra 'tenant_id'"]
        return half if any(principal) and not all(principal) else []


HOME = _Map(
    block="AzureBlobStorageCredentials",
    conn_type="wasb",
    fields={
        "host": FieldLocation("account_url"),
        "login": FieldLocation("client_id"),
        "password": FieldLocation("client_secret", masked=True),
    },
    extra={
        "connection_string": FieldLocation("connection_string", masked=True),
        "tenant_id": FieldLocation("tenant_id"),
    },
    prefix="extra__wasb__",
)
