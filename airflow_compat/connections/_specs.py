"""Chooses the block for a connection: the native block if it can store all fields, else `AirflowConnection`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol, cast

from .._airflow.connection import Connection
from .._airflow.connection_fields import FIELDS
from .._airflow.names import block_name
from .._airflow.sendable import unsendable
from .._prefect.specs import BlockSpec
from ._block_types import airflow_connection


class NativeHome(Protocol):
    """Converts connections to a native block type and back. The file of each block type has a `HOME` of this class."""

    def losses(self, connection: Connection) -> list[str]: ...
    def data_from_connection(self, connection: Connection) -> dict[str, Any]: ...
    def connection_from_data(self, data: Mapping[str, Any]) -> Connection: ...


NATIVE_SLUGS: dict[str, str] = {
    "mssql": "sqlalchemy-connector",
    "mysql": "sqlalchemy-connector",
    "oracle": "sqlalchemy-connector",
    "postgres": "sqlalchemy-connector",
    "postgresql": "sqlalchemy-connector",
    "redshift": "sqlalchemy-connector",
    "sqlite": "sqlalchemy-connector",
    "aws": "aws-credentials",
    "azure": "azure-container-instance-credentials",
    "azure_container_instance": "azure-container-instance-credentials",
    "databricks": "databricks-credentials",
    "dbt_cloud": "dbt-cloud-credentials",
    "docker": "docker-registry-credentials",
    "email": "email-server-credentials",
    "gcpbigquery": "gcp-credentials",
    "google_cloud_platform": "gcp-credentials",
    "kubernetes": "kubernetes-cluster-config",
    "redis": "redis-database",
    "slack": "slack-credentials",
    "slackwebhook": "slack-webhook",
    "smtp": "email-server-credentials",
    "snowflake": "snowflake-connector",
    "wasb": "azure-blob-storage-credentials",
}
"""The native block type for each connection type that has one."""

HOMES: tuple[str, ...] = (*dict.fromkeys(NATIVE_SLUGS.values()), airflow_connection.SLUG)
"""All block types that can store connections, in lookup order: native types come first."""


def home_of(type_slug: str) -> NativeHome:
    """Return the converter of a native block type."""
    return cast("NativeHome", import_module(f"._block_types.{type_slug.replace('-', '_')}", __package__).HOME)


def spec_from_connection(connection: Connection) -> tuple[BlockSpec, list[str]]:
    """Return the block document for a connection, and, if the block is not native, the reasons for this.

    Raises:
        InvalidNameError: The connection has no conn_id.
    """
    name = block_name(connection.conn_id or "")
    notes = [
        f"its {field} holds {kind}, and is encrypted"
        for field, kind in airflow_connection.secret_fields(connection).items()
    ]
    slug = NATIVE_SLUGS.get(connection.conn_type or "")
    if slug and not notes:
        native = home_of(slug)
        notes = native.losses(connection)
        if not notes:
            data = native.data_from_connection(connection)
            if not (problem := unsendable(data)):
                return BlockSpec(slug, name, data), []
            # The JSON of the extra can contain values that are not allowed in block data, such as NaN.
            notes = [f"the connection holds {problem}, which {slug} can't store"]
    return BlockSpec(airflow_connection.SLUG, name, airflow_connection.data_from_connection(connection)), notes


def connection_from_document(type_slug: str, name: str, data: Mapping[str, Any]) -> Connection:
    """Return the connection in a block document of a type in `HOMES`.

    A document that was created in Prefect, without an Airflow connection, has no Airflow id, so its name is used as the
    id.
    """
    home = airflow_connection if type_slug == airflow_connection.SLUG else home_of(type_slug)
    connection = home.connection_from_data(data)
    if connection.conn_id is not None:
        return connection
    return Connection(name, **{field: getattr(connection, field) for field in FIELDS})
