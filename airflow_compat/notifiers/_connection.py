"""What notifiers ask of a connection: that it is of their type, and its extra fields by either of Airflow's names."""

from __future__ import annotations

from typing import Any

from .._airflow.connection import Connection
from ..errors import NotificationError

# Types that say nothing; Airflow's hooks look at none.
_ANY = ("", "generic", "http", "https")


def read_connection(notifier: str, conn_id: str, *conn_types: str) -> Connection:
    """The connection, if a notifier of that name can use it.

    Args:
        notifier: The class, for messages.
        conn_id: The connection's id.
        conn_types: The types it may have. `http` and `generic` may be anything, so they pass.

    Raises:
        ConnectionNotFoundError: There is none.
        NotificationError: It is of another type.
    """
    from ..connections import get_connection

    connection = get_connection(conn_id)
    if (connection.conn_type or "") not in (*conn_types, *_ANY):
        raise NotificationError(
            f"{notifier}: connection {conn_id!r} is of type {connection.conn_type!r}; give the id of one of type "
            f"{' or '.join(map(repr, conn_types))}"
        )
    return connection


def extra_value(connection: Connection, name: str) -> Any:
    """A field of the extra, also by its old name `extra__<type>__<name>`; None where it is empty."""
    for key in (name, f"extra__{connection.conn_type}__{name}"):
        if connection.extra_dejson.get(key) not in (None, ""):
            return connection.extra_dejson[key]
    return None


def seconds(notifier: str, connection: Connection, given: float | None) -> float:
    """The timeout: the one given, else the connection's, else 30 seconds.

    Raises:
        NotificationError: It is no number, or not above 0.
    """
    value = given or extra_value(connection, "timeout") or 30
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = 0.0
    if not found > 0:
        raise NotificationError(
            f"{notifier}: the timeout for connection {connection.conn_id!r} is {value!r}; write seconds above 0"
        )
    return found


def webhook_url(notifier: str, connection: Connection, default_host: str | None = None) -> str:
    """The URL of a webhook whose password is the URL, or what follows the host in it (`SlackWebhookHook`).

    Raises:
        NotificationError: The connection has no password, or one that needs a host, and has none.
    """
    password = (connection.password or "").strip()
    host = connection.host or default_host
    if not password or ("://" not in password and not host):
        raise NotificationError(
            f"{notifier}: connection {connection.conn_id!r} has no webhook: put its URL into the password"
        )
    if "://" in password:
        return password
    base = host if "://" in str(host) else f"{connection.schema or 'https'}://{host}"
    return f"{str(base).rstrip('/')}/{password.lstrip('/')}".rstrip("/")
