"""Microsoft Teams' webhooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._airflow.connection import Connection
from .base import NotifierContext, ReadyNotifier
from .connection import extra_value, read_connection, seconds, webhook_url
from .http import Post, refusal, send


class TeamsWebhookNotifier(ReadyNotifier):
    """Post a message to a Teams channel through a webhook of its workflows, as an adaptive card.

    Airflow's own providers have none, so the name and the arguments are ours. The connection is of type `msteams`,
    `teams` or `http`: its password is the webhook's URL; or its extra has it as `webhook_url`; the extra may have a
    `timeout`. Prefect's own way is the `MicrosoftTeamsWebhook` block, whose `notify` sends text.

    Args:
        text: The message, in the Markdown that cards have.
        title: A line above it, in bold.
        card: An adaptive card of your own, as JSON data, in place of text and title.
        teams_conn_id: The connection's id.
        context: What `await notifier` works with.

    Calling it raises `NotificationError` where the message can't be sent.
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
        """Post the message."""
        name = type(self).__name__
        connection = read_connection(name, self.teams_conn_id, "msteams", "teams")
        card = self.card or _card(self.text, self.title)
        post = Post(
            name,
            self.teams_conn_id,
            url=_url(name, connection),
            body={
                "type": "message",
                "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
            },
            timeout=seconds(name, connection, None),
        )
        answer = send(post)
        if not 200 <= answer.status < 300:
            raise refusal(post, answer)


def _url(name: str, connection: Connection) -> str:
    # A name for the value would show it in a traceback that prints locals.
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
