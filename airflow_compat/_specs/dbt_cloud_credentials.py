"""The `DbtCloudCredentials` block's data, for `dbt_cloud` connections (`DbtCloudHook`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._airflow.connection import Connection
from .field_map import FieldMap, Place

SLUG = "dbt-cloud-credentials"

_MAP = FieldMap(
    block="DbtCloudCredentials",
    conn_type="dbt_cloud",
    fields={
        "host": Place("domain"),
        "login": Place("account_id", int, text=True),
        "password": Place("api_key", masked=True),
    },
    required=("login", "password"),
)


def losses(connection: Connection) -> list[str]:
    """Why this connection can't be held whole, one line a reason; empty when it can."""
    found = _MAP.losses(connection)
    if connection.login and not isinstance(_MAP.fields["login"].value(connection.login), int):
        found.append("its login is not the number of an account, which DbtCloudCredentials takes")
    return found


def data_from_connection(connection: Connection) -> dict[str, Any]:
    """The document's data for a connection without `losses`."""
    data = _MAP.data(connection)
    data["account_id"] = int(data["account_id"])
    return data


def connection_from_data(data: Mapping[str, Any]) -> Connection:
    """The connection that the document holds; also for documents that were made with Prefect alone."""
    return _MAP.connection(data)
