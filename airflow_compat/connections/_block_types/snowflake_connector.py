"""Converts `snowflake` connections with a database, a schema and a warehouse to `SnowflakeConnector` blocks and back.

Airflow's rules (`SnowflakeHook`): with a `private_key_content`, the password is the key's passphrase. Other connections
are not stored as `SnowflakeCredentials`: that block passes all its data to Snowflake's client, which (in 5.2) rejects
the additional key in which this library stores the conn_id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..._airflow.connection import Connection
from .field_map import FieldLocation, FieldMap, applying, get, is_object

_AUTHENTICATORS = ("externalbrowser", "snowflake", "snowflake_jwt", "username_password_mfa")


def _map_of(password: str) -> FieldMap:
    return FieldMap(
        block="SnowflakeConnector",
        conn_type="snowflake",
        fields={
            "login": FieldLocation("credentials.user"),
            "password": FieldLocation(f"credentials.{password}", masked=True),
            "schema": FieldLocation("schema"),
        },
        extra={
            "account": FieldLocation("credentials.account"),
            "role": FieldLocation("credentials.role"),
            "authenticator": FieldLocation("credentials.authenticator"),
            "private_key_content": FieldLocation("credentials.private_key", masked=True),
            "database": FieldLocation("database"),
            "warehouse": FieldLocation("warehouse"),
        },
        required=("login", "schema"),
        neutral={"authenticator": "snowflake", "insecure_mode": False},
        prefix="extra__snowflake__",
    )


_WITH_PASSWORD = _map_of("password")
_WITH_KEY = _map_of("private_key_passphrase")


class _Maps:
    def losses(self, connection: Connection) -> list[str]:
        map_ = _map(connection)
        unheld = map_.losses(connection)
        if not is_object(connection):
            return unheld
        given = map_.given(connection)
        missing = [name for name in ("account", "database", "warehouse") if name not in given]
        found = [*unheld, *(f"extra {name!r} is missing, and SnowflakeConnector needs it" for name in missing)]
        return found if unheld else found + self._more_losses(connection, given)

    def data_from_connection(self, connection: Connection) -> dict[str, Any]:
        return _map(connection).data_from_connection(connection)

    def connection_from_data(self, data: Mapping[str, Any]) -> Connection:
        # The block stores the schema as `schema` or as `schema_`.
        data = {**data, "schema": data.get("schema") or data.get("schema_")}
        found = (_WITH_KEY if get(data, "credentials.private_key") else _WITH_PASSWORD).connection_from_data(data)
        # Blocks of older versions store the private key's passphrase in the password field.
        return replace(found, password=found.password or get(data, "credentials.password") or found.password)

    def _more_losses(self, connection: Connection, given: Mapping[str, Any]) -> list[str]:
        authenticator, key = given.get("authenticator", "snowflake"), given.get("private_key_content", "")
        password = connection.password or ""
        reasons = {
            "extra 'authenticator' is none that SnowflakeConnector can follow as Airflow does": (
                authenticator not in _AUTHENTICATORS
            ),
            "extra 'private_key_content' is not in PEM form, as SnowflakeConnector reads it": (
                key and not key.startswith("-----BEGIN")
            ),
            "the passphrase begins or ends with a blank, which Airflow drops and SnowflakeConnector does not": (
                key and password != password.strip()
            ),
            "the connection has neither a password nor a private key, but SnowflakeConnector needs one of the two": (
                authenticator == "snowflake" and not password and not key
            ),
        }
        return applying(reasons)


HOME = _Maps()


def _map(connection: Connection) -> FieldMap:
    """Return the field map for connections with a private key, or the one for connections with a password."""
    extra = connection.extra_dejson
    keys = ("private_key_content", _WITH_KEY.prefix + "private_key_content")
    return _WITH_KEY if isinstance(extra, dict) and any(extra.get(key) for key in keys) else _WITH_PASSWORD
