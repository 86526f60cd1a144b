"""Converts `databricks` connections to `DatabricksCredentials` blocks and back.

Airflow's rules (`BaseDatabricksHook`): the token is in the extra or, if the connection has no login, in the password.
With `service_principal_oauth` in the extra, login and password belong to a service principal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..._airflow.connection import Connection
from ..._prefect.specs import MARK
from .field_map import FieldLocation, FieldMap, applying, is_object

_TOKEN = FieldMap(
    block="DatabricksCredentials",
    conn_type="databricks",
    fields={"host": FieldLocation("databricks_instance"), "password": FieldLocation("token", masked=True)},
    extra={"token": FieldLocation("token", masked=True)},
    required=("host",),
)
_PRINCIPAL = FieldMap(
    block="DatabricksCredentials",
    conn_type="databricks",
    fields={
        "host": FieldLocation("databricks_instance"),
        "login": FieldLocation("client_id"),
        "password": FieldLocation("client_secret", masked=True),
    },
    required=("host", "login", "password"),
)
_FLAG = "service_principal_oauth"
_SCHEME = "https://"


class _Maps:
    def losses(self, connection: Connection) -> list[str]:
        if not is_object(connection):
            return _TOKEN.losses(connection)
        map_, plain = _split(connection)
        reasons = {
            "the connection has no token, which DatabricksCredentials needs": map_ is _TOKEN
            and not (connection.password or connection.extra_dejson.get("token")),
            "the host is more than the name of a Databricks instance": set("/:?@") & set(plain.host or ""),
        }
        return map_.losses(plain) + applying(reasons)

    def data_from_connection(self, connection: Connection) -> dict[str, Any]:
        map_, plain = _split(connection)
        data = map_.data_from_connection(plain)
        data[MARK] |= {"scheme": _SCHEME} if plain.host != connection.host else {}
        return data

    def connection_from_data(self, data: Mapping[str, Any]) -> Connection:
        principal = bool(data.get("client_id"))
        found = (_PRINCIPAL if principal else _TOKEN).connection_from_data(data)
        extra = {**found.extra_dejson, **({_FLAG: True} if principal else {})}
        host = (data.get(MARK) or {}).get("scheme", "") + (found.host or "")
        return replace(found, host=host or None, extra=json.dumps(extra) if extra else None)


HOME = _Maps()


def _split(connection: Connection) -> tuple[FieldMap, Connection]:
    """Return the field map for the connection's kind of login, and the connection in the form that this map needs."""
    extra = connection.extra_dejson
    principal = extra.get(_FLAG) is True and "token" not in extra and bool(connection.login)
    if principal:
        del extra[_FLAG]
    host = connection.host and connection.host.removeprefix(_SCHEME)
    plain = replace(connection, host=host, extra=json.dumps(extra) if extra else None)
    return (_PRINCIPAL if principal else _TOKEN), plain
