"""Converts `dbt_cloud` connections (`DbtCloudHook`) to `DbtCloudCredentials` blocks and back."""

from __future__ import annotations

from typing import Any

from ..._airflow.connection import Connection
from .field_map import FieldLocation, FieldMap


class _Map(FieldMap):
    def losses(self, connection: Connection) -> list[str]:
        account = self.fields["login"].value(connection.login or 0)
        wrong = ["the connection's login is not an account number, which DbtCloudCredentials needs"]
        return super().losses(connection) + ([] if isinstance(account, int) else wrong)

    def data_from_connection(self, connection: Connection) -> dict[str, Any]:
        data = super().data_from_connection(connection)
        data["account_id"] = int(data["account_id"])
        return data


HOME = _Map(
    block="DbtCloudCredentials",
    conn_type="dbt_cloud",
    fields={
        "host": FieldLocation("domain"),
        "login": FieldLocation("account_id", int, text=True),
        "password": FieldLocation("api_key", masked=True),
    },
    required=("login", "password"),
)
