"""The `AzureBlobStorageCredentials` block's data, for `wasb` connections.

Airflow's rules (`WasbHook`): a connection string, else a service principal at an account's URL. A key or a SAS token
of the account has no place in the block.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._airflow.connection import Connection
from .field_map import FieldMap, Place

SLUG = "azure-blob-storage-credentials"

_MAP = FieldMap(
    block="AzureBlobStorageCredentials",
    conn_type="wasb",
    fields={
        "host": Place("account_url"),
        "login": Place("client_id"),
        "password": Place("client_secret", masked=True),
    },
    extra={
        "connection_string": Place("connection_string", masked=True),
        "tenant_id": Place("tenant_id"),
    },
    prefix="extra__wasb__",
)


def losses(connection: Connection) -> list[str]:
    """Why this connection can't be held whole, one line a reason; empty when it can."""
    found = _MAP.losses(connection)
    if found:
        return found
    given = _MAP.given(connection)
    principal = [connection.login, connection.password, given.get("tenant_id")]
    if "connection_string" in given:
        return [
            f"{name} beside a connection string has no place in AzureBlobStorageCredentials"
            for name, value in (("host", connection.host), ("a service principal", any(principal)))
            if value
        ]
    if not (connection.host or "").startswith("https://"):
        return ["host is not the account's URL, and AzureBlobStorageCredentials needs it"]
    if any(principal) and not all(principal):
        return ["it has no whole service principal: login, password and extra 'tenant_id'"]
    return []


def data_from_connection(connection: Connection) -> dict[str, Any]:
    """The document's data for a connection without `losses`."""
    return _MAP.data(connection)


def connection_from_data(data: Mapping[str, Any]) -> Connection:
    """The connection that the document holds; also for documents that were made with Prefect alone."""
    return _MAP.connection(data)
