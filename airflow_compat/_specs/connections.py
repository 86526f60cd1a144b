"""Where a connection is kept: the native block when that loses nothing, else `AirflowConnection`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from .._airflow.connection import Connection
from .._airflow.names import block_name
from . import airflow_connection, sqlalchemy_connector
from .specs import BlockSpec


class Home(Protocol):
    """What each file for a block type provides."""

    SLUG: str

    def data_from_connection(self, connection: Connection) -> dict[str, Any]: ...
    def connection_from_data(self, data: Mapping[str, Any]) -> Connection: ...


class NativeHome(Home, Protocol):
    """A home that can't hold everything."""

    def losses(self, connection: Connection) -> list[str]: ...


_NATIVE: dict[str, NativeHome] = {"postgres": sqlalchemy_connector, "sqlite": sqlalchemy_connector}

_HOMES: list[Home] = [*_NATIVE.values(), airflow_connection]
HOMES: dict[str, Home] = {home.SLUG: home for home in _HOMES}
"""Every block type that a connection may be kept in, by slug, in the order of the lookup: native ones first."""


def native_slug(conn_type: str | None) -> str | None:
    """The slug of the native block for a connection type, or None."""
    native = _NATIVE.get(conn_type or "")
    return native.SLUG if native else None


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
