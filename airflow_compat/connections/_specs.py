"""Where a connection is kept: the native block when that loses nothing, else `AirflowConnection`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol, cast

from .._airflow.connection import Connection
from .._airflow.connection_fields import FIELDS
from .._airflow.names import block_name
from .._airflow.sendable import unsendable
from . import airflow_connection
from .airflow_connection import secret_fields
from .specs import BlockSpec


class Home(Protocol):
    """What each file for a block type provides."""

    SLUG: str

    def data_from_connection(self, connection: Connection) -> dict[str, Any]: ...
    def connection_from_data(self, data: Mapping[str, Any]) -> Connection: ...


class NativeHome(Home, Protocol):
    """A home that can't hold everything."""

    def losses(self, connection: Connection) -> list[str]: ...


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
"""The native block type of each connection type that has one."""

HOMES: tuple[str, ...] = (*dict.fromkeys(NATIVE_SLUGS.values()), airflow_connection.SLUG)
"""Every block type that a connection may be kept in, in the order of the lookup: native ones first."""


def home_of(type_slug: str) -> Home:
    """The file for a block type of `HOMES`, which has its name. Only that one is imported."""
    return cast("Home", import_module(f".{type_slug.replace('-', '_')}", __package__))


def spec_from_connection(connection: Connection) -> tuple[BlockSpec, list[str]]:
    """What Prefect should hold for a connection, and why that is not the native block where it isn't.

    Raises:
        InvalidNameError: It has no conn_id.
    """
    name = block_name(connection.conn_id or "")
    notes = [f"its {field} holds {kind}, and is encrypted" for field, kind in secret_fields(connection).items()]
    slug = NATIVE_SLUGS.get(connection.conn_type or "")
    if slug and not notes:
        native = cast("NativeHome", home_of(slug))
        notes = native.losses(connection)
        if not notes:
            data = native.data_from_connection(connection)
            if not (problem := unsendable(data)):
                return BlockSpec(slug, name, data), []
            # The extra as text may hold what data can't, such as NaN.
            notes = [f"it holds {problem}, which {slug} can't keep"]
    return BlockSpec(airflow_connection.SLUG, name, airflow_connection.data_from_connection(connection)), notes


def connection_from_document(type_slug: str, name: str, data: Mapping[str, Any]) -> Connection:
    """The connection that a block document of one of `HOMES` holds.

    A document that was made with Prefect alone has no Airflow id: its name stands in for it.
    """
    connection = home_of(type_slug).connection_from_data(data)
    if connection.conn_id is not None:
        return connection
    return Connection(name, **{field: getattr(connection, field) for field in FIELDS})
