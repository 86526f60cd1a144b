"""The `SnowflakeConnector` block's data, for `snowflake` connections with a database, a schema and a warehouse.

Airflow's rules (`SnowflakeHook`): with a `private_key_content` the password is the key's passphrase. Others are not
kept as `SnowflakeCredentials`: that gives Snowflake's client all that is in its document, and the client (5.2) refuses
an option that is an object, as what stands beside the fields is. Text it lets pass, but documents no such option.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._airflow.connection import Connection
from .field_map import FieldMap, Place, get, is_object

SLUG = "snowflake-connector"

_AUTHENTICATORS = ("externalbrowser", "snowflake", "snowflake_jwt", "username_password_mfa")


def _map_of(password: str) -> FieldMap:
    return FieldMap(
        block="SnowflakeConnector",
        conn_type="snowflake",
        fields={
            "login": Place("credentials.user"),
            "password": Place(f"credentials.{password}", masked=True),
            "schema": Place("schema"),
        },
        extra={
            "account": Place("credentials.account"),
            "role": Place("credentials.role"),
            "authenticator": Place("credentials.authenticator"),
            "private_key_content": Place("credentials.private_key", masked=True),
            "database": Place("database"),
            "warehouse": Place("warehouse"),
        },
        required=("login", "schema"),
        neutral={"authenticator": "snowflake", "insecure_mode": False},
        prefix="extra__snowflake__",
    )


_WITH_PASSWORD = _map_of("password")
_WITH_KEY = _map_of("private_key_passphrase")


def losses(connection: Connection) -> list[str]:
    """Why this connection can't be held whole, one line a reason; empty when it can."""
    map_ = _map(connection)
    unheld = map_.losses(connection)
    if not is_object(connection):
        return unheld
    given = map_.given(connection)
    missing = [name for name in ("account", "database", "warehouse") if name not in given]
    found = [*unheld, *(f"extra {name!r} is missing, and SnowflakeConnector needs it" for name in missing)]
    if unheld:
        return found
    authenticator, key = given.get("authenticator", "snowflake"), given.get("private_key_content", "")
    if authenticator not in _AUTHENTICATORS:
        found.append("extra 'authenticator' is none that SnowflakeConnector can follow as Airflow does")
    if key and not key.startswith("-----BEGIN"):
        found.append("extra 'private_key_content' is not in PEM form, as SnowflakeConnector reads it")
    if key and connection.password and connection.password != connection.password.strip():
        found.append("its passphrase has blanks around it, which Airflow drops and SnowflakeConnector does not")
    if authenticator == "snowflake" and not connection.password and not key:
        found.append("it has neither a password nor a private key, and SnowflakeConnector needs one")
    return found


def data_from_connection(connection: Connection) -> dict[str, Any]:
    """The document's data for a connection without `losses`."""
    return _map(connection).data(connection)


def connection_from_data(data: Mapping[str, Any]) -> Connection:
    """The connection that the document holds; also for documents that were made with Prefect alone."""
    # The block's field has two names.
    data = {**data, "schema": data.get("schema") or data.get("schema_")}
    found = (_WITH_KEY if get(data, "credentials.private_key") else _WITH_PASSWORD).connection(data)
    # The block's older form has the passphrase as password.
    return replace(found, password=found.password or get(data, "credentials.password") or found.password)


def _map(connection: Connection) -> FieldMap:
    """By whether the extra has a private key, which makes the password its passphrase."""
    extra = connection.extra_dejson
    keys = ("private_key_content", _WITH_KEY.prefix + "private_key_content")
    return _WITH_KEY if isinstance(extra, dict) and any(extra.get(key) for key in keys) else _WITH_PASSWORD
