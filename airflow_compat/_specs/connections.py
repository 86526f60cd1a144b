"""Where a connection is kept: the native block when that loses nothing, else `AirflowConnection`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from .._airflow.connection import Connection
from .._airflow.names import block_name
from . import (
    airflow_connection,
    aws_credentials,
    azure_blob_storage_credentials,
    databricks_credentials,
    dbt_cloud_credentials,
    docker_registry_credentials,
    email_server_credentials,
    gcp_credentials,
    kubernetes_cluster_config,
    redis_database,
    slack_credentials,
    slack_webhook,
    snowflake_connector,
    sqlalchemy_connector,
)
from .specs import BlockSpec
from .sql_dialects import DIALECTS


class Home(Protocol):
    """What each file for a block type provides."""

    SLUG: str

    def data_from_connection(self, connection: Connection) -> dict[str, Any]: ...
    def connection_from_data(self, data: Mapping[str, Any]) -> Connection: ...


class NativeHome(Home, Protocol):
    """A home that can't hold everything."""

    def losses(self, connection: Connection) -> list[str]: ...


_NATIVE: dict[str, NativeHome] = {
    **dict.fromkeys(DIALECTS, sqlalchemy_connector),
    "aws": aws_credentials,
    "databricks": databricks_credentials,
    "dbt_cloud": dbt_cloud_credentials,
    "docker": docker_registry_credentials,
    "email": email_server_credentials,
    "gcpbigquery": gcp_credentials,
    "google_cloud_platform": gcp_credentials,
    "kubernetes": kubernetes_cluster_config,
    "redis": redis_database,
    "slack": slack_credentials,
    "slackwebhook": slack_webhook,
    "smtp": email_server_credentials,
    "snowflake": snowflake_connector,
    "wasb": azure_blob_storage_credentials,
}

_HOMES: list[Home] = [*_NATIVE.values(), airflow_connection]
HOMES: dict[str, Home] = {home.SLUG: home for home in _HOMES}
"""Every block type that a connection may be kept in, by slug, in the order of the lookup: native ones first."""

NATIVE_SLUGS: dict[str, str] = {conn_type: home.SLUG for conn_type, home in _NATIVE.items()}
"""The native block type of each connection type that has one."""


def spec_from_connection(connection: Connection) -> tuple[BlockSpec, list[str]]:
    """What Prefect should hold for a connection, and why that is not the native block where it isn't.

    Raises:
        InvalidNameError: It has no conn_id.
    """
    home: Home = airflow_connection
    losses: list[str] = []
    if native := _NATIVE.get(connection.conn_type or ""):
        losses = native.losses(connection)
        home = airflow_connection if losses else native
    spec = BlockSpec(home.SLUG, block_name(connection.conn_id or ""), home.data_from_connection(connection))
    return spec, losses


def connection_from_document(type_slug: str, name: str, data: Mapping[str, Any]) -> Connection:
    """The connection that a block document of one of `HOMES` holds.

    A document that was made with Prefect alone has no Airflow id: its name stands in for it.
    """
    connection = HOMES[type_slug].connection_from_data(data)
    if connection.conn_id is not None:
        return connection
    fields = {key: getattr(connection, key) for key in connection.__dataclass_fields__}
    return Connection(**{**fields, "conn_id": name})
