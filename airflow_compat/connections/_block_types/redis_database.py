"""Converts `redis` connections (`RedisHook`) to `RedisDatabase` blocks and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..._airflow.connection import Connection
from .field_map import FieldLocation, FieldMap, applying


class _Map(FieldMap):
    def losses(self, connection: Connection) -> list[str]:
        reasons = {
            "the password is a word that Airflow reads as no password": (connection.password or "").lower()
            in ("none", "false"),
            "the connection has a login without a password, which RedisDatabase refuses": connection.login
            and not connection.password,
        }
        return super().losses(connection) + applying(reasons)

    def connection_from_data(self, data: Mapping[str, Any]) -> Connection:
        if not data.get("connection_url"):
            return super().connection_from_data(data)
        # The block may contain a URL instead of separate fields. The path of the URL is the number of the database.
        read = Connection.from_uri(str(data["connection_url"]))
        path = read.schema or ""
        extra = {**read.extra_dejson, **({"db": int(path)} if path.isdecimal() else {})}
        extra |= {"ssl": True} if read.conn_type == "rediss" else {}
        return replace(read, conn_type="redis", schema=None, extra=json.dumps(extra) if extra else None)


HOME = _Map(
    block="RedisDatabase",
    conn_type="redis",
    fields={
        "host": FieldLocation("host"),
        "login": FieldLocation("username", masked=True),
        "password": FieldLocation("password", masked=True),
        "port": FieldLocation("port", int),
    },
    extra={"db": FieldLocation("db", int, text=True), "ssl": FieldLocation("ssl", bool)},
    required=("host",),
    neutral={"db": 0, "ssl": False, "cluster": False, "ssl_cert_reqs": "required", "ssl_check_hostname": False},
)
