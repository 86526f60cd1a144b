"""The notifier for Microsoft Teams' webhooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._airflow.connection import Connection
from ._base import NotifierContext, ReadyNotifier
from ._connection import extra_value, read_connection, seconds, webhook_url
from ._http import Post, send


class TeamsWebhookNotifier(ReadyNotifier):
    """Post a message as an adaptive card to a Microsoft Teams channel, through the webhook of a Teams workflow.

    Airflow's providers have no such notifier. The connection is of type `msteams`, `teams` or `http`. The webhook's URL
    is the connection's password, or `webhook_url` in the connection's extra. The connection's extra may have a
    `timeout`. Prefect's own counterpart is the `MicrosoftTeamsWebhook` block, whose `notify` sends text.

    Args:
        text: The message, in the Markdown that adaptive cards support.
        title: A title above the message, in bold.
        card: An adaptive card of your own, as JSON data, to send instead of `text` and `title`.
        teams_conn_id: The connection's id.
        context: The context that `await notifier` uses.
    """

    template_fields: Sequence[str] = ("text", "title", "card", "teams_conn_id")

    def __init__(
        self,
        text: str = "",
        *,
        title: str | None = None,
        card: Mapping[str, Any] | None = None,
        teams_conn_id: str = "teams_default",
        context: NotifierContext | None = None,
    ) -> None:
        super().__init__(context)
        self.text = text
        self.title = title
        self.card = card
        self.teams_conn_id = teams_conn_id

    def notify(self, context: NotifierContext) -> None:  # noqa: ARG002 - Airflow's signature
        name = type(self).__name__
        connection = read_connection(name, self.teams_conn_id, "msteams", "teams")
        send(
            Post(
                name,
                self.teams_conn_id,
                url=_url(name, connection),
                body={
                    "type": "message",
                    "attachments": [
                        {
                            "contentType": "application/vnd.microsoft.card.adaptive",
                            "content": self.card or _card(self.text, self.title),
                        }
                    ],
                },
                timeout=seconds(name, connection, None),
            )
        )


def _url(name: str, connection: Connection) -> str:
    # Don't store the URL in a local variable, because a traceback that prints local variables would show the URL.
    if extra_value(connection, "webhook_url"):
        return str(extra_value(connection, "webhook_url"))
    return webhook_url(name, connection)


def _card(text: str, title: str | None) -> dict[str, Any]:
    lines: list[dict[str, Any]] = [{"type": "TextBlock", "text": text, "wrap": True}]
    if title:
        lines.insert(0, {"type": "TextBlock", "text": title, "wrap": True, "weight": "Bolder", "size": "Large"})
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": lines,
    }
