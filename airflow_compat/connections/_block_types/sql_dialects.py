"""What a SQLAlchemy engine is to be given for each of Airflow's database types, by the rules of Airflow's hooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._airflow.connection import Connection


@dataclass(frozen=True)
class Dialect:
    """What Airflow's hook does with a connection.

    Attributes:
        driver: The driver that the hook uses, as SQLAlchemy names it.
        reserved: The extra keys that the hook keeps for itself.
        passed: The extra keys that it gives to the driver; None: all but the reserved.
        port: The port that its driver takes where none is given, when SQLAlchemy's driver takes another.
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
    # The engine that Airflow's hook makes; its cursors use redshift_connector, which takes other arguments.
    "redshift": Dialect(
        _POSTGRES.driver,
        _words("cluster_identifier iam is_serverless serverless_token_duration_seconds serverless_work_group"),
        _words("application_name sslmode"),
        port=5439,
    ),
}
"""By Airflow's conn_type."""

_CONN_TYPES = {"postgresql": "postgres"}
_CONNECTOR_CLIENT = "mysql-connector-python"


def conn_type_of(driver: str) -> str:
    """Airflow's conn_type for a SQLAlchemy driver: `postgres` for `postgresql+psycopg2`."""
    name = driver.split("+", maxsplit=1)[0]
    return _CONN_TYPES.get(name, name)


def dialect_of(connection: Connection) -> Dialect:
    """The dialect of a connection whose type is one of `DIALECTS`."""
    if connection.conn_type == "mysql" and connection.extra_dejson.get("client") == _CONNECTOR_CLIENT:
        return MYSQL_CONNECTOR
    return DIALECTS[connection.conn_type or ""]


def type_losses(connection: Connection, extra: Mapping[str, Any]) -> list[str]:
    """What of a type's own rules the block can't follow, one line a reason."""
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
    losses = []
    if client != "mysqlclient":
        losses.append("extra 'client' is none that Airflow knows")
    if not isinstance(extra.get("ssl", {}), dict):
        losses.append("extra 'ssl' is not a JSON object, which the driver needs")
    return losses


def _oracle_losses(connection: Connection, extra: Mapping[str, Any]) -> list[str]:
    losses = []
    if connection.schema:
        losses.append("schema becomes the session's current schema in Airflow, and the block has no place for one")
    named = [key for key in ("service_name", "sid") if key in extra]
    losses += [
        f"extra {key!r} is not text, or empty" for key in named if not isinstance(extra[key], str) or not extra[key]
    ]
    if len(named) == 2:
        losses.append("extra has both 'service_name' and 'sid', and SQLAlchemy takes one")
    if not named and connection.port:
        losses.append("extra has neither 'service_name' nor 'sid', so SQLAlchemy would not use the port")
    return losses
