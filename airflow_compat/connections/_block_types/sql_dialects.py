"""For each database type of Airflow: its SQLAlchemy driver, and the extra keys that the hook passes to the driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..._airflow.connection import Connection
from .field_map import applying


@dataclass(frozen=True)
class Dialect:
    """The rules by which Airflow's hook connects to one type of database.

    Attributes:
        driver: The name that SQLAlchemy gives the driver.
        reserved: The extra keys that the hook doesn't pass to the driver.
        passed: The extra keys that the hook passes to the driver; None means all keys except `reserved`.
        port: The hook's default port, if it differs from the default of SQLAlchemy's driver.
    """

    driver: str
    reserved: frozenset[str] = frozenset()
    passed: frozenset[str] | None = None
    port: int | None = None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MYSQL_CONNECTOR = Dialect("mysql+mysqlconnector", _words("iam aws_conn_id"), None)
_POSTGRES = Dialect(
    "postgresql+psycopg2",
    _words(
        "aws_conn_id azure_conn_id cluster-identifier cursor iam redshift redshift-serverless sqlalchemy_query "
        "sqlalchemy_scheme workgroup-name"
    ),
)
DIALECTS: dict[str, Dialect] = {
    "postgres": _POSTGRES,
    "postgresql": _POSTGRES,
    "sqlite": Dialect("sqlite+pysqlite"),
    "mysql": Dialect(
        "mysql+mysqldb", _words("aws_conn_id cursor iam"), _words("charset client ssl ssl_mode unix_socket")
    ),
    "mssql": Dialect("mssql+pymssql", _words("sqlalchemy_scheme")),
    "oracle": Dialect(
        "oracle+oracledb",
        _words("fetch_decimals fetch_lobs mode module purity thick_mode thick_mode_config_dir thick_mode_lib_dir"),
        _words(
            "cclass events expire_time pool_name service_name sid ssl_server_cert_dn ssl_server_dn_match "
            "wallet_location wallet_password"
        ),
    ),
    # These keys are arguments of the hook's SQLAlchemy engine. The hook creates cursors with redshift_connector, whose
    # arguments differ.
    "redshift": Dialect(
        _POSTGRES.driver,
        _words("cluster_identifier iam is_serverless serverless_token_duration_seconds serverless_work_group"),
        _words("application_name sslmode"),
        port=5439,
    ),
}
"""The dialect for each conn_type of Airflow."""

_CONN_TYPES = {"postgresql": "postgres"}
_CONNECTOR_CLIENT = "mysql-connector-python"


def conn_type_of(driver: str) -> str:
    """Return Airflow's conn_type for a SQLAlchemy driver: `postgres` for `postgresql+psycopg2`."""
    name = driver.split("+", maxsplit=1)[0]
    return _CONN_TYPES.get(name, name)


def dialect_of(connection: Connection) -> Dialect:
    """Return the dialect of a connection with a type in `DIALECTS`."""
    if connection.conn_type == "mysql" and connection.extra_dejson.get("client") == _CONNECTOR_CLIENT:
        return MYSQL_CONNECTOR
    return DIALECTS[connection.conn_type or ""]


def type_losses(connection: Connection, extra: Mapping[str, Any]) -> list[str]:
    """Return the reasons why the block can't store a connection of this database type."""
    if connection.conn_type == "mysql":
        return _mysql_losses(extra)
    return _oracle_losses(connection, extra) if connection.conn_type == "oracle" else []


def _mysql_losses(extra: Mapping[str, Any]) -> list[str]:
    client = extra.get("client", "mysqlclient")
    if client == _CONNECTOR_CLIENT:
        return [
            f"extra {key!r} is not passed to the driver by Airflow's hook"
            for key in sorted(set(extra) - {"client", "iam", "aws_conn_id"})
            if not key.startswith("ssl_")
        ]
    return applying(
        {
            "extra 'client' is none that Airflow knows": client != "mysqlclient",
            "extra 'ssl' is not a JSON object, which the driver needs": not isinstance(extra.get("ssl", {}), dict),
        }
    )


def _oracle_losses(connection: Connection, extra: Mapping[str, Any]) -> list[str]:
    named = [key for key in ("service_name", "sid") if key in extra]
    return applying(
        {
            "schema becomes the session's current schema in Airflow, and the block has no place for one": (
                connection.schema
            ),
            **{
                f"extra {key!r} is not text, or empty": not isinstance(extra[key], str) or not extra[key]
                for key in named
            },
            "extra has both 'service_name' and 'sid', and SQLAlchemy takes one": len(named) == 2,
            "extra has neither 'service_name' nor 'sid', so SQLAlchemy would not use the port": (
                not named and connection.port
            ),
        }
    )
