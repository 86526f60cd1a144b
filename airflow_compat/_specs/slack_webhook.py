"""The `SlackWebhook` block's data, for `slackwebhook` connections.

Airflow's rules (`SlackWebhookHook`): the password is the webhook's URL, or what follows the host in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._airflow.connection import Connection
from .field_map import FieldMap, Place
from .specs import MARK

SLUG = "slack-webhook"

_MAP = FieldMap(
    block="SlackWebhook",
    conn_type="slackwebhook",
    fields={"password": Place("url", masked=True)},
    required=("password",),
)
_HOST = "hooks.slack.com/services"


def losses(connection: Connection) -> list[str]:
    """Why this connection can't be held whole, one line a reason; empty when it can."""
    found = _MAP.losses(replace(connection, host=None, schema=None))
    token, host = connection.password or "", connection.host or ""
    if token != token.strip().strip("/"):
        found.append("its password has blanks or slashes around it")
    if host.partition("://")[2] not in ("", _HOST) if "://" in host else host not in ("", _HOST):
        found.append("its host may hold a part of the webhook's URL that is secret, so it is not kept beside the block")
    return found


def data_from_connection(connection: Connection) -> dict[str, Any]:
    """The document's data for a connection without `losses`."""
    data = _MAP.data(replace(connection, host=None, schema=None))
    data["url"] = _base(connection) + (connection.password or "")
    kept = {name: getattr(connection, name) for name in ("host", "schema") if getattr(connection, name) is not None}
    if "://" not in (connection.password or ""):
        data[MARK]["token_alone"] = True
    data[MARK] |= {"around": kept} if kept else {}
    return data


def connection_from_data(data: Mapping[str, Any]) -> Connection:
    """The connection that the document holds; also for documents that were made with Prefect alone."""
    mark = data.get(MARK) or {}
    found = replace(_MAP.connection(data), **(mark.get("around") or {}))
    base = _base(replace(found, password="")) if mark.get("token_alone") else ""
    return replace(found, password=(found.password or "").removeprefix(base))


def _base(connection: Connection) -> str:
    """What Airflow's hook puts before the password."""
    if "://" in (connection.password or ""):
        return ""
    host = connection.host or ""
    return (host if "://" in host else f"{connection.schema or 'https'}://{host or _HOST}").rstrip("/") + "/"
