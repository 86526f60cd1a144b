"""Converts `slackwebhook` connections to `SlackWebhook` blocks and back.

Airflow's rules (`SlackWebhookHook`): the password is the webhook's whole URL, or the part of the URL after the host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..._airflow.connection import Connection
from ..._prefect.specs import MARK
from .field_map import FieldLocation, FieldMap, applying

_HOST = "hooks.slack.com/services"


class _Map(FieldMap):
    def losses(self, connection: Connection) -> list[str]:
        token, host = connection.password or "", connection.host or ""
        reasons = {
            "the password begins or ends with a blank or slash": token != token.strip().strip("/"),
            "the host may hold a secret part of the webhook's URL, so the host is not stored beside the block": (
                host.split("://", 1)[-1] not in ("", _HOST)
            ),
        }
        return super().losses(replace(connection, host=None, schema=None)) + applying(reasons)

    def data_from_connection(self, connection: Connection) -> dict[str, Any]:
        data = super().data_from_connection(replace(connection, host=None, schema=None))
        data["url"] = _base(connection) + (connection.password or "")
        kept = {name: getattr(connection, name) for name in ("host", "schema") if getattr(connection, name) is not None}
        if "://" not in (connection.password or ""):
            data[MARK]["token_alone"] = True
        data[MARK] |= {"around": kept} if kept else {}
        return data

    def connection_from_data(self, data: Mapping[str, Any]) -> Connection:
        mark = data.get(MARK) or {}
        found = replace(super().connection_from_data(data), **(mark.get("around") or {}))
        base = _base(replace(found, password="")) if mark.get("token_alone") else ""
        return replace(found, password=(found.password or "").removeprefix(base))


HOME = _Map(
    block="SlackWebhook",
    conn_type="slackwebhook",
    fields={"password": FieldLocation("url", masked=True)},
    required=("password",),
)


def _base(connection: Connection) -> str:
    """Return the part of the webhook's URL that comes before the password."""
    if "://" in (connection.password or ""):
        return ""
    host = connection.host or ""
    return (host if "://" in host else f"{connection.schema or 'https'}://{host or _HOST}").rstrip("/") + "/"
