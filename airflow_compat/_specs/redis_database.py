"""The `RedisDatabase` block's data, for `redis` connections (`RedisHook`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._airflow.connection import Connection
from .field_map import FieldMap, Place

SLUG = "redis-database"

_MAP = FieldMap(
    block="RedisDatabase",
    conn_type="redis",
    fields={
        "host": Place("host"),
        "login": Place("username", masked=True),
        "password": Place("password", masked=True),
        "port": Place("port", int),
    },
    extra={"db": Place("db", int, text=True), "ssl": Place("ssl", bool)},
    required=("host",),
    neutral={"db": 0, "ssl": False, "cluster": False, "ssl_cert_reqs": "required", "ssl_check_hostname": False},
)


def losses(connection: Connection) -> list[str]:
    """Why this connection can't be held whole, one line a reason; empty when it can."""
    found = _MAP.losses(connection)
    if (connection.password or "").lower() in ("none", "false"):
        found.append("its password is a word that Airflow takes for none")
    if connection.login and not connection.password:
        found.append("it has a login without a password, which RedisDatabase refuses")
    return found


def data_from_connection(connection: Connection) -> dict[str, Any]:
    """The document's data for a connection without `losses`."""
    return _MAP.data(connection)


def connection_from_data(data: Mapping[str, Any]) -> Connection:
    """The connection that the document holds; also for documents that were made with Prefect alone."""
    if not data.get("connection_url"):
        return _MAP.connection(data)
    # The block's other form, which Prefect alone makes: the path is the database.
    read = Connection.from_uri(str(data["connection_url"]))
    path = read.schema or ""
    extra = {**read.extra_dejson, **({"db": int(path)} if path.isdecimal() else {})}
    extra |= {"ssl": True} if read.conn_type == "rediss" else {}
    return replace(read, conn_type="redis", schema=None, extra=json.dumps(extra) if extra else None)
