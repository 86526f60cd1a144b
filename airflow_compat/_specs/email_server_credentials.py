"""The `EmailServerCredentials` block's data, for `smtp` and `email` connections.

Airflow's rules (`SmtpHook`): SSL unless `disable_ssl`, and STARTTLS unless `disable_tls`; both are on by default,
though no server speaks both on one port, and the block takes one of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._airflow.connection import Connection
from .field_map import FieldMap, Place, is_object
from .specs import MARK

SLUG = "email-server-credentials"

_MAP = FieldMap(
    block="EmailServerCredentials",
    conn_type="smtp",
    fields={
        "host": Place("smtp_server"),
        "login": Place("username"),
        "password": Place("password", masked=True),
        "port": Place("smtp_port", int),
    },
    required=("host", "port"),
    neutral={"timeout": 30, "retry_limit": 5, "ssl_context": "default", "auth_type": "basic"},
)
_SWITCHES = ("disable_ssl", "disable_tls")
# By whether SSL, and whether STARTTLS, is switched off.
_TYPES = {(False, True): "SSL", (True, False): "STARTTLS", (True, True): "INSECURE"}
# A block that Prefect saved has the type's port in place of its name.
_NAMES = {465: "SSL", 587: "STARTTLS", 25: "INSECURE"}
_SHORT = "aol att comcast icloud gmail outlook yahoo".split()


def losses(connection: Connection) -> list[str]:
    """Why this connection can't be held whole, one line a reason; empty when it can."""
    if not is_object(connection):
        return _MAP.losses(connection)
    plain, switches = _split(connection)
    found = _MAP.losses(plain)
    if any(isinstance(value, (dict, list)) for value in switches.values()):
        found.append("extra 'disable_ssl' or 'disable_tls' is neither true nor false")
    if _off(switches) not in _TYPES:
        found.append(
            "it asks for both SSL and STARTTLS, and EmailServerCredentials takes one: set disable_tls in Airflow"
        )
    if bool(connection.login) != bool(connection.password):
        found.append("it has a login or a password alone, which Airflow does not use")
    if (connection.host or "").lower() in _SHORT:
        found.append("EmailServerCredentials takes its host for the name of a mail provider")
    return found


def data_from_connection(connection: Connection) -> dict[str, Any]:
    """The document's data for a connection without `losses`."""
    plain, switches = _split(connection)
    data = _MAP.data(plain)
    data["smtp_type"] = _TYPES[_off(switches)]
    data[MARK]["switches"] = switches
    return data


def connection_from_data(data: Mapping[str, Any]) -> Connection:
    """The connection that the document holds; also for documents that were made with Prefect alone."""
    # The block's own defaults.
    found = _MAP.connection({"smtp_server": "smtp.gmail.com", **data})
    type_ = data.get("smtp_type", "SSL")
    name = _NAMES.get(type_, "SSL") if isinstance(type_, int) else str(type_).upper()
    off = {type_name: off for off, type_name in _TYPES.items()}[name]
    switches = (data.get(MARK) or {}).get("switches") or {}
    if _off(switches) != off:
        switches = dict(zip(_SWITCHES, off, strict=True))
    port = found.port or next(port for port, type_name in _NAMES.items() if type_name == name)
    extra = {**found.extra_dejson, **switches}
    if data.get("verify") is False:
        extra["ssl_context"] = "none"
    return replace(found, port=port, extra=json.dumps(extra))


def _split(connection: Connection) -> tuple[Connection, dict[str, Any]]:
    """The connection without the switches, and those of them that it has."""
    extra = connection.extra_dejson
    switches = {key: extra.pop(key) for key in _SWITCHES if key in extra}
    return replace(connection, extra=json.dumps(extra) if extra else None), switches


def _off(switches: Mapping[str, Any]) -> tuple[bool, bool]:
    return bool(switches.get("disable_ssl")), bool(switches.get("disable_tls"))
