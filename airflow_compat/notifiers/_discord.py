"""Discord's webhooks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._airflow.connection import Connection
from ..errors import NotificationError
from .base import NotifierContext, ReadyNotifier
from .connection import extra_value, read_connection, seconds
from .http import Post, refusal, send

_ICON_URL = "https://raw.githubusercontent.com/apache/airflow/main/airflow-core/src/airflow/ui/public/pin_100.png"
_ENDPOINT = re.compile(r"webhooks/[0-9]+/[a-zA-Z0-9_-]+")
_TEXT_LIMIT = 2000


class DiscordNotifier(ReadyNotifier):
    """Post a message to a Discord webhook, as `airflow.providers.discord.notifications.discord.DiscordNotifier` does.

    The connection is of type `discord` or `http`: its host is `https://discord.com/api/`, and its extra has a
    `webhook_endpoint` of the form `webhooks/<id>/<token>`, and may have a `timeout`. Prefect's own way is the
    `DiscordWebhook` block, whose `notify` sends text.

    Args:
        discord_conn_id: The connection's id.
        text: The message, 2,000 characters at most.
        username: The name that the message is posted under.
        avatar_url: Its picture.
        tts: Whether Discord reads it out.
        embed: One of Discord's embeds, as JSON data.
        context: What `await notifier` works with.

    Calling it raises `NotificationError` where the message can't be sent.
    """

    template_fields: Sequence[str] = ("discord_conn_id", "text", "username", "avatar_url", "tts", "embed")

    def __init__(  # noqa: PLR0917 - Airflow's order
        self,
        discord_conn_id: str = "discord_webhook_default",
        text: str = "",
        username: str = "Airflow",
        avatar_url: str = _ICON_URL,
        tts: bool = False,
        embed: Mapping[str, Any] | None = None,
        context: NotifierContext | None = None,
    ) -> None:
        super().__init__(context)
        self.discord_conn_id = discord_conn_id
        self.text = text
        self.username = username
        self.avatar_url = avatar_url
        self.tts = tts
        self.embed = embed

    def notify(self, context: NotifierContext) -> None:  # noqa: ARG002 - Airflow's signature
        """Post the message."""
        name = type(self).__name__
        for what, length, limit in _lengths(self.text, self.embed or {}):
            if length > limit:
                raise NotificationError(f"{name}: the {what} has {length}, and Discord takes {limit}: shorten it")
        connection = read_connection(name, self.discord_conn_id, "discord")
        body: dict[str, Any] = {"content": self.text, "tts": self.tts}
        if self.username:
            body["username"] = self.username
        if self.avatar_url:
            body["avatar_url"] = self.avatar_url
        if self.embed:
            body["embeds"] = [self.embed]
        post = Post(
            name,
            self.discord_conn_id,
            url=_url(name, connection),
            body=body,
            timeout=seconds(name, connection, None),
        )
        answer = send(post)
        if not 200 <= answer.status < 300:
            code = answer.json().get("code")
            raise refusal(post, answer, f"code {code}" if isinstance(code, int) else None)


def _url(name: str, connection: Connection) -> str:
    """`HttpHook`'s address, and the endpoint: host and protocol, the port, then what the extra says."""
    if not _ENDPOINT.fullmatch(str(extra_value(connection, "webhook_endpoint"))):
        raise NotificationError(
            f"{name}: connection {connection.conn_id!r} has no webhook_endpoint of the form webhooks/<id>/<token> in "
            "its extra; put it there"
        )
    host = connection.host or "https://discord.com/api"
    base = host if "://" in host else f"{connection.schema or 'http'}://{host}"
    port = f":{connection.port}" if connection.port else ""
    return f"{base}{port}".rstrip("/") + "/" + str(extra_value(connection, "webhook_endpoint"))


def _lengths(text: str, embed: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    """What is limited, how long it is, and Discord's limit."""
    yield "text", len(text), _TEXT_LIMIT
    yield "embed's title", len(embed.get("title", "")), 256
    yield "embed's description", len(embed.get("description", "")), 4096
    yield "embed's footer", len(embed.get("footer", {}).get("text", "")), 2048
    yield "embed's author", len(embed.get("author", {}).get("name", "")), 256
    yield "embed's list of fields", len(embed.get("fields", ())), 25
    for inner in embed.get("fields", ()):
        yield "name of an embed's field", len(inner.get("name", "")), 256
        yield "value of an embed's field", len(inner.get("value", "")), 1024
