"""The notifier for Discord's webhooks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._airflow.connection import Connection
from ..errors import NotificationError
from ._base import NotifierContext, ReadyNotifier
from ._connection import extra_value, host_url, read_connection, seconds
from ._http import Answer, Post, send

_ICON_URL = "https://raw.githubusercontent.com/apache/airflow/main/airflow-core/src/airflow/ui/public/pin_100.png"
_ENDPOINT = re.compile(r"webhooks/[0-9]+/[a-zA-Z0-9_-]+")
_TEXT_LIMIT = 2000


class DiscordNotifier(ReadyNotifier):
    """Post a message to a Discord webhook, as `airflow.providers.discord.notifications.discord.DiscordNotifier` does.

    The connection is of type `discord` or `http`, and its host is `https://discord.com/api/`. The connection's extra
    has a `webhook_endpoint` of the form `webhooks/<id>/<token>`, and may have a `timeout`. Prefect's own counterpart is
    the `DiscordWebhook` block, whose `notify` sends text.

    Args:
        discord_conn_id: The connection's id.
        text: The message, at most 2,000 characters.
        username: The sender's name.
        avatar_url: The sender's picture.
        tts: Whether Discord reads the message aloud.
        embed: An embed, as Discord calls formatted content, as JSON data.
        context: The context that `await notifier` uses.
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
        name = type(self).__name__
        for what, length, limit in _lengths(self.text, self.embed or {}):
            if length > limit:
                raise NotificationError(
                    f"{name}: the {what} has {length}, but Discord allows {limit}. Shorten the text"
                )
        connection = read_connection(name, self.discord_conn_id, "discord")
        optional = {
            "username": self.username,
            "avatar_url": self.avatar_url,
            "embeds": [self.embed] if self.embed else None,
        }
        post = Post(
            name,
            self.discord_conn_id,
            url=_url(name, connection),
            body={"content": self.text, "tts": self.tts, **{key: value for key, value in optional.items() if value}},
            timeout=seconds(name, connection, None),
        )
        send(post, code=_code)


def _code(answer: Answer) -> str | None:
    code = answer.json().get("code")
    return f"code {code}" if isinstance(code, int) else None


def _url(name: str, connection: Connection) -> str:
    if not _ENDPOINT.fullmatch(str(extra_value(connection, "webhook_endpoint"))):
        raise NotificationError(
            f"{name}: connection {connection.conn_id!r} has no valid webhook_endpoint in its extra. Set an endpoint of "
            "the form webhooks/<id>/<token>"
        )
    return f"{host_url(connection, 'https://discord.com/api', 'http')}/{extra_value(connection, 'webhook_endpoint')}"


def _lengths(text: str, embed: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    yield "text", len(text), _TEXT_LIMIT
    yield "embed's title", len(embed.get("title", "")), 256
    yield "embed's description", len(embed.get("description", "")), 4096
    yield "embed's footer", len(embed.get("footer", {}).get("text", "")), 2048
    yield "embed's author", len(embed.get("author", {}).get("name", "")), 256
    yield "embed's list of fields", len(embed.get("fields", ())), 25
    for inner in embed.get("fields", ()):
        yield "name of an embed's field", len(inner.get("name", "")), 256
        yield "value of an embed's field", len(inner.get("value", "")), 1024
