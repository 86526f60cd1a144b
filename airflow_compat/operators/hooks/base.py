"""The base class of hooks (`airflow.hooks.base`, `airflow.sdk.bases.hook`)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ...connections import BaseHook as _BaseHook
from ...connections import Connection, get_connection
from ...errors import UnsupportedFeatureError
from ...logs import LoggingMixin

# The hooks of this package, by connection type: the module, the class, and the argument that takes the connection's id.
_HOOKS: Mapping[str, tuple[str, str, str]] = {
    "fs": ("filesystem", "FSHook", "fs_conn_id"),
    "http": ("http", "HttpHook", "http_conn_id"),
    "mysql": ("sql.mysql", "MySqlHook", "mysql_conn_id"),
    "package_index": ("package_index", "PackageIndexHook", "pi_conn_id"),
    "postgres": ("sql.postgres", "PostgresHook", "postgres_conn_id"),
    "sqlite": ("sql.sqlite", "SqliteHook", "sqlite_conn_id"),
}


class BaseHook(_BaseHook, LoggingMixin):
    """The base class of hooks, as in Airflow.

    Teams derive their own hooks from this class, and read connections with its methods.
    """

    def __init__(self, logger_name: str | None = None) -> None:
        super().__init__()
        self._log_config_logger_name = "airflow.task.hooks"
        self._logger_name = logger_name

    @classmethod
    def get_connections(cls, conn_id: str) -> list[Connection]:
        """Return a list that contains only the connection, as Airflow 1.10 and 2 do."""
        return [get_connection(conn_id)]

    @classmethod
    def get_hook(cls, conn_id: str, hook_params: dict[str, Any] | None = None) -> Any:
        """Return a hook for a connection, of the class that belongs to the connection's type.

        Args:
            conn_id: The connection's id.
            hook_params: Further arguments for the hook.

        Raises:
            ConnectionNotFoundError: The connection does not exist.
            UnsupportedFeatureError: This package has no hook for the connection's type.
        """
        connection = cls.get_connection(conn_id)
        found = _HOOKS.get(connection.conn_type or "")
        if found is None:
            raise UnsupportedFeatureError(
                f"Connection {conn_id!r} has the type {connection.conn_type!r}, whose hook does not run here. Use "
                "airflow_compat.load_block."
            )
        module, name, argument = found
        hook = getattr(import_module(f".{module}", __package__), name)
        return hook(**{argument: conn_id, **(hook_params or {})})

    def get_conn(self) -> Any:
        """Return the client object that is connected to the server. Subclasses define this method."""
        raise NotImplementedError
