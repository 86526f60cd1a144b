"""Converts Airflow's database connections to the fields of `SqlAlchemyConnector` blocks and back.

Airflow's rules: the schema is the database's name. For Oracle, `service_name` or `sid` in the extra is used instead;
for SQLite, the host is the file's path. The hooks pass all or some keys of the extra to the driver.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..._airflow.connection import Connection
from ..._airflow.hidden_secrets import hidden_secret, names_secret
from ..._prefect.specs import MARK
from .field_map import is_object
from .sql_dialects import MYSQL_CONNECTOR, conn_type_of, dialect_of, type_losses


class _Connector:
    def losses(self, connection: Connection) -> list[str]:
        if connection.conn_type == "sqlite":
            return _sqlite_losses(connection)
        if not is_object(connection):
            return ["the connection's extra is not a JSON object, so it can't be passed to the driver"]
        extra = connection.extra_dejson
        dialect = dialect_of(connection)
        reserved = sorted(key for key in extra if key.lower() in dialect.reserved)
        secret = sorted(key for key in set(extra) - set(reserved) if names_secret(key) or hidden_secret(extra[key]))
        unused = [] if dialect.passed is None else sorted(set(extra) - dialect.passed - {*reserved, *secret})
        return [
            *(f"extra {key!r} is for Airflow's hook, and the driver would refuse it" for key in reserved),
            *(f"extra {key!r} is a secret, and connect_args is not masked" for key in secret),
            *(f"extra {key!r} is not passed to the driver by Airflow's hook" for key in unused),
            *type_losses(connection, extra),
        ]

    def data_from_connection(self, connection: Connection) -> dict[str, Any]:
        sqlite = connection.conn_type == "sqlite"
        dialect = dialect_of(connection)
        extra = dict(connection.extra_dejson)
        mark: dict[str, Any] = {"conn_id": connection.conn_id, "description": connection.description}
        if connection.conn_type != conn_type_of(dialect.driver):
            mark["conn_type"] = connection.conn_type
        if connection.conn_type == "oracle":
            mark |= {"schema": ""} if connection.schema == "" else {}
            service_name = extra.pop("service_name", None)
            database, query = extra.pop("sid", None), service_name and {"service_name": service_name}
        else:
            database, query = connection.host if sqlite else connection.schema, None
        if connection.conn_type == "mysql" and (client := extra.pop("client", None)) and dialect is not MYSQL_CONNECTOR:
            mark["client"] = client
        port = connection.port
        if not port and dialect.port:
            mark["port"], port = port, dialect.port
        components = {
            "driver": dialect.driver,
            "database": database,
            "username": connection.login,
            "password": connection.password,
            "host": None if sqlite else connection.host,
            "port": port,
            "query": query,
        }
        return {
            "connection_info": {key: value for key, value in components.items() if value is not None},
            **({"connect_args": extra} if extra else {}),
            MARK: mark,
        }

    def connection_from_data(self, data: Mapping[str, Any]) -> Connection:
        mark = data.get(MARK) or {}
        info = _components(data["connection_info"])
        driver = str(info["driver"])
        dialect = conn_type_of(driver)
        extra = {**(info.get("query") or {}), **(data.get("connect_args") or {})}
        schema = info.get("database")
        if dialect == "oracle":
            extra |= {"sid": schema} if schema else {}
            schema = mark.get("schema")
        if driver == MYSQL_CONNECTOR.driver:
            extra["client"] = "mysql-connector-python"
        elif "client" in mark:
            extra["client"] = mark["client"]
        sqlite = dialect == "sqlite"
        return Connection(
            conn_id=mark.get("conn_id"),
            conn_type=mark.get("conn_type", dialect),
            description=mark.get("description"),
            host=info.get("database") if sqlite else info.get("host"),
            login=info.get("username"),
            password=info.get("password"),
            schema=None if sqlite else schema,
            port=mark["port"] if "port" in mark and info.get("port") == 5439 else info.get("port"),
            extra=json.dumps(extra) if extra else None,
        )


HOME = _Connector()


def _components(info: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the parts of the block's connection info, which may be a URL."""
    if not isinstance(info, str):
        return info
    scheme, _, rest = info.partition("://")
    read = Connection.from_uri(f"{scheme.split('+')[0]}://{rest}")
    return {
        "driver": scheme,
        "database": read.schema,
        "username": read.login,
        "password": read.password,
        "host": read.host,
        "port": read.port,
        "query": read.extra_dejson,
    }


def _sqlite_losses(connection: Connection) -> list[str]:
    return [
        f"{name} has no place in a SQLite URL"
        for name in ("login", "password", "schema", "port", "extra")
        if getattr(connection, name)
    ]
