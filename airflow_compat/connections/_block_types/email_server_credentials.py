"""Converts `smtp` and `email` connections to `EmailServerCredentials` blocks and back.

Airflow's rules (`SmtpHook`): SSL is on unless `disable_ssl` is set, and STARTTLS is on unless `disable_tls` is set. So
SSL and STARTTLS are both on by default, but the block and mail servers accept only one of them for a port.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..._airflow.connection import Connection
from ..._prefect.specs import MARK
from .field_map import FieldLocation, FieldMap, applying, is_object

_SWITCHES = ("disable_ssl", "disable_tls")
# The block's `smtp_type`; the key is the pair (whether SSL is off, whether STARTTLS is off).
_TYPES = {(False, True): "SSL", (True, False): "STARTTLS", (True, True): "INSECURE"}
# The name of the `smtp_type` for each port, because Prefect stores a port instead of the name.
_NAMES = {465: "SSL", 587: "STARTTLS", 25: "INSECURE"}
_SHORT = "aol att comcast icloud gmail outlook yahoo".split()


class _Map(FieldMap):
    def losses(self, connection: Connection) -> list[str]:
        if not is_object(connection):
            return super().losses(connection)
        plain, switches = _split(connection)
        reasons = {
            "extra 'disable_ssl' or 'disable_tls' is neither true nor false": any(
                isinstance(value, (dict, list)) for value in switches.values()
            ),
            "the connection has SSL and STARTTLS; EmailServerCredentials takes only one: set disable_tls in Airflow": (
                _off(switches) not in _TYPES
            ),
            "the connection has a login or a password alone, which Airflow does not use": bool(connection.login)
            != bool(connection.password),
            "EmailServerCredentials takes its host for the name of a mail provider": (connection.host or "").lower()
            in _SHORT,
        }
        return super().losses(plain) + applying(reasons)

    def data_from_connection(self, connection: Connection) -> dict[str, Any]:
        plain, switches = _split(connection)
        data = super().data_from_connection(plain)
        data["smtp_type"] = _TYPES[_off(switches)]
        data[MARK]["switches"] = switches
        return data

    def connection_from_data(self, data: Mapping[str, Any]) -> Connection:
        # If `smtp_server` or `smtp_type` is missing, the default of the block class applies.
        found = super().connection_from_data({"smtp_server": "smtp.gmail.com", **data})
        type_ = data.get("smtp_type", "SSL")
        name = _NAMES.get(type_, "SSL") if isinstance(type_, int) else str(type_).upper()
        off = {type_name: off for off, type_name in _TYPES.items()}[name]
        switches = (data.get(MARK) or {}).get("switches") or {}
        if _off(switches) != off:
            switches = dict(zip(_SWITCHES, off, strict=True))
        port = found.port or next(port for port, type_name in _NAMES.items() if type_name == name)
        unverified = {"ssl_context": "none"} if data.get("verify") is False else {}
        return replace(found, port=port, extra=json.dumps({**found.extra_dejson, **switches, **unverified}))


HOME = _Map(
    block="EmailServerCredentials",
    conn_type="smtp",
    fields={
        "host": FieldLocation("smtp_server"),
        "login": FieldLocation("username"),
        "password": FieldLocation("password", masked=True),
        "port": FieldLocation("smtp_port", int),
    },
    required=("host", "port"),
    neutral={"timeout": 30, "retry_limit": 5, "ssl_context": "default", "auth_type": "basic"},
)


def _split(connection: Connection) -> tuple[Connection, dict[str, Any]]:
    """Return the connection without `disable_ssl` and `disable_tls` in the extra, and these two values."""
    extra = connection.extra_dejson
    switches = {key: extra.pop(key) for key in _SWITCHES if key in extra}
    return replace(connection, extra=json.dumps(extra) if extra else None), switches


def _off(switches: Mapping[str, Any]) -> tuple[bool, bool]:
    return bool(switches.get("disable_ssl")), bool(switches.get("disable_tls"))
