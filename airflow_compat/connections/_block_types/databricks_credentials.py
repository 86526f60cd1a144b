"""The `DatabricksCredentials` block's data, for `databricks` connections.

Airflow's rules (`BaseDatabricksHook`): the token is the password without a login, or in the extra; with
`service_principal_oauth`, login and password are a service principal's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._airflow.connection import Connection
from .field_map import FieldMap, Place, is_object
from .specs import MARK

SLUG = "databricks-credentials"

_TOKEN = FieldMap(
    block="DatabricksCredentials",
    conn_type="databricks",
    fields={"host": Place("databricks_instance"), "password": Place("token", masked=True)},
    extra={"token": Place("token", masked=True)},
    required=("host",),
)
_PRINCIPAL = FieldMap(
    block="DatabricksCredentials",
    conn_type="databricks",
    fields={
        "host": Place("databricks_instance"),
        "login": Place("client_id"),
        "password": Place("client_secret", masked=True),
    },
    required=("host", "login", "password"),
)
_FLAG = "service_principal_oauth"
_SCHEME = "https://"


def losses(connection: Connection) -> list[str]:
    """Why this connection can't be held whole, one line a reason; empty when it can."""
    if not is_object(connection):
        return _TOKEN.losses(connection)
    map_, plain = _split(connection)
    found = map_.losses(plain)
    if map_ is _TOKEN and not (connection.password or connection.extra_dejson.get("token")):
        found.append("it has no token, and DatabricksCredentials needs one")
    if set("/:?@") & set(plain.host or ""):
        found.append("its host is more than the name of a Databricks instance")
    return found


def data_from_connection(connection: Connection) -> dict[str, Any]:
    """The document's data for a connection without `losses`."""
    map_, plain = _split(connection)
    data = map_.data(plain)
    data[MARK] |= {"scheme": _SCHEME} if plain.host != connection.host else {}
    return data


def connection_from_data(data: Mapping[str, Any]) -> Connection:
    """The connection that the document holds; also for documents that were made with Prefect alone."""
    principal = bool(data.get("client_id"))
    found = (_PRINCIPAL if principal else _TOKEN).connection(data)
    extra = {**found.extra_dejson, **({_FLAG: True} if principal else {})}
    host = (data.get(MARK) or {}).get("scheme", "") + (found.host or "")
    return replace(found, host=host or None, extra=json.dumps(extra) if extra else None)


def _split(connection: Connection) -> tuple[FieldMap, Connection]:
    """The map for the connection's way to log in, and the connection as that map takes it."""
    extra = connection.extra_dejson
    principal = extra.get(_FLAG) is True and "token" not in extra and bool(connection.login)
    if principal:
        del extra[_FLAG]
    host = connection.host and connection.host.removeprefix(_SCHEME)
    plain = replace(connection, host=host, extra=json.dumps(extra) if extra else None)
    return (_PRINCIPAL if principal else _TOKEN), plain
