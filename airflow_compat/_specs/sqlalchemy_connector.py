"""The `SqlAlchemyConnector` block's data, for `postgres` and `sqlite` connections.

Airflow's rules: for postgres the schema is the database and the extra goes to the driver, but for the keys that its
hook keeps for itself; for sqlite the host is the path (`PostgresHook`, `SqliteHook`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._airflow.connection import Connection
from .._airflow.variable import sensitive_keys
from .specs import MARK

SLUG = "sqlalchemy-connector"
DRIVERS = {"postgres": "postgresql+psycopg2", "sqlite": "sqlite+pysqlite"}

# PostgresHook reads these itself and doesn't pass them to the driver.
_RESERVED = frozenset(
    "aws_conn_id azure_conn_id cluster-identifier cursor iam redshift redshift-serverless sqlalchemy_query "
    "sqlalchemy_scheme workgroup-name".split()
)
_DIALECTS = {"postgresql": "postgres"}


def losses(connection: Connection) -> list[str]:
    """Why this connection can't be held whole, one line a reason; empty when it can."""
    return _postgres_losses(connection) if connection.conn_type == "postgres" else _sqlite_losses(connection)


def data_from_connection(connection: Connection) -> dict[str, Any]:
    """The document's data for a connection without `losses`."""
    sqlite = connection.conn_type == "sqlite"
    components = {
        "driver": DRIVERS[connection.conn_type or ""],
        "database": connection.host if sqlite else connection.schema,
        "username": connection.login,
        "password": connection.password,
        "host": None if sqlite else connection.host,
        "port": connection.port,
    }
    return {
        "connection_info": {key: value for key, value in components.items() if value is not None},
        **({"connect_args": connection.extra_dejson} if connection.extra_dejson else {}),
        MARK: {"conn_id": connection.conn_id, "description": connection.description},
    }


def connection_from_data(data: Mapping[str, Any]) -> Connection:
    """The connection that the document holds; also for documents that were made with Prefect alone."""
    mark = data.get(MARK) or {}
    info = data["connection_info"]
    extra = dict(data.get("connect_args") or {})
    if isinstance(info, str):
        scheme, _, rest = info.partition("://")
        read = Connection.from_uri(f"{scheme.split('+')[0]}://{rest}")
        info = {"database": read.schema, "username": read.login, "password": read.password, "host": read.host}
        info |= {"port": read.port, "query": read.extra_dejson, "driver": scheme}
    dialect = str(info["driver"]).split("+")[0]
    extra = {**(info.get("query") or {}), **extra}
    sqlite = dialect == "sqlite"
    return Connection(
        conn_id=mark.get("conn_id"),
        conn_type=_DIALECTS.get(dialect, dialect),
        description=mark.get("description"),
        host=info.get("database") if sqlite else info.get("host"),
        login=info.get("username"),
        password=info.get("password"),
        schema=None if sqlite else info.get("database"),
        port=info.get("port"),
        extra=json.dumps(extra) if extra else None,
    )


def _postgres_losses(connection: Connection) -> list[str]:
    if not connection.extra:
        return []
    extra = connection.extra_dejson
    if not isinstance(extra, dict) or (not extra and connection.extra.strip() != "{}"):
        return ["its extra is not a JSON object, so the driver can't be given it"]
    return [
        *(
            f"extra {key!r} is for Airflow's hook, and the driver would refuse it"
            for key in sorted(_RESERVED & set(extra))
        ),
        *(f"extra {key!r} is a secret, and connect_args is not masked" for key in sorted(set(sensitive_keys(extra)))),
    ]


def _sqlite_losses(connection: Connection) -> list[str]:
    fields = ("login", "password", "schema", "port", "extra")
    return [f"{name} has no place in a SQLite URL" for name in fields if getattr(connection, name)]
