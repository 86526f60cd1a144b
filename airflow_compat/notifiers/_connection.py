"""Reads connections for notifiers."""

from __future__ import annotations

from typing import Any

from .._airflow.connection import Connection
from ..errors import NotificationError

# Every notifier accepts connections of these types, because Airflow's hooks don't check the type.
_ANY = ("", "generic", "http", "https")


def read_connection(notifier: str, conn_id: str, *conn_types: str) -> Connection:
    """Return a connection, whose type must be one of `conn_types` or a type that every notifier accepts.

    Raises:
        ConnectionNotFoundError: The connection doesn't exist.
        NotificationError: The notifier does not accept the connection's type.
    """
    from ..connections import get_connection

    connection = get_connection(conn_id)
    if (connection.conn_type or "") not in (*conn_types, *_ANY):
        raise NotificationError(
            f"{notifier}: connection {conn_id!r} is of type {connection.conn_type!r}. Pass the id of a connection of "
            f"type {' or '.join(map(repr, conn_types))}"
        )
    return connection


def extra_value(connection: Connection, name: str) -> Any:
    """Return the extra's value for a key, or for the key's old form `extra__<type>__<name>`; None if both are empty."""
    for key in (name, f"extra__{connection.conn_type}__{name}"):
        if connection.extra_dejson.get(key) not in (None, ""):
            return connection.extra_dejson[key]
    return None


def seconds(notifier: str, connection: Connection, given: float | None) -> float:
    """Return the given timeout, or else the timeout in the connection's extra, or else 30 seconds.

    Raises:
        NotificationError: The timeout is not a number above 0.
    """
    value = given or extra_value(connection, "timeout") or 30
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = 0.0
    if not found > 0:
        raise NotificationError(
            f"{notifier}: the timeout for connection {connection.conn_id!r} is {value!r}. Set a number of seconds "
            "above 0"
        )
    return found


def webhook_url(notifier: str, connection: Connection, default_host: str | None = None) -> str:
    """Return a webhook's URL.

    As in `SlackWebhookHook`, the connection's password is the URL, or its part after the host.

    Raises:
        NotificationError: The connection has no password, or the password is only a part of the URL and the connection
            has no host.
    """
    password = (connection.password or "").strip()
    host = connection.host or default_host
    if not password or ("://" not in password and not host):
        raise NotificationError(
            f"{notifier}: connection {connection.conn_id!r} has no webhook. Set the webhook's URL as the password"
        )
    if "://" in password:
        return password
    return f"{_base_url(connection, str(host), 'https').rstrip('/')}/{password.lstrip('/')}".rstrip("/")


def host_url(connection: Connection, default_host: str, default_scheme: str) -> str:
    """Return the URL of the connection's host and port without a slash at the end, as Airflow's `HttpHook` does."""
    port = f":{connection.port}" if connection.port else ""
    return f"{_base_url(connection, connection.host or default_host, default_scheme)}{port}".rstrip("/")


def _base_url(connection: Connection, host: str, default_scheme: str) -> str:
    return host if "://" in host else f"{connection.schema or default_scheme}://{host}"
