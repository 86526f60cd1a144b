"""Slack's API: `chat.postMessage`, with a token."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import NotificationError, UnsupportedFeatureWarning
from .base import NotifierContext, ReadyNotifier
from .connection import extra_value, read_connection, seconds
from .http import Post, refusal, send

_ICON_URL = "https://raw.githubusercontent.com/apache/airflow/main/airflow-core/src/airflow/ui/public/pin_100.png"
_BASE_URL = "https://slack.com/api/"
# Slack's words, such as `channel_not_found`; no token is one.
_CODE = re.compile(r"[a-z][a-z_]{2,60}")


class SlackNotifier(ReadyNotifier):
    """Post a message to a Slack channel, as `airflow.providers.slack.notifications.slack.SlackNotifier` does.

    The connection is of type `slack`: its password is the API token; its extra may have `timeout`, `base_url` and
    `proxy`. Prefect's own way is the `SlackCredentials` block of prefect-slack.

    Args:
        slack_conn_id: The connection's id.
        text: The message.
        channel: The channel's name or id.
        username: The name that the message is posted under.
        icon_url: Its icon.
        attachments: Slack's legacy attachments, as JSON data.
        blocks: Slack's Block Kit blocks, as JSON data.
        base_url: The API's address; None is the connection's, else Slack's.
        proxy: A proxy's URL; None is the connection's, else the environment's.
        timeout: Seconds; None is the connection's, else 30.
        retry_handlers: Handlers of slack_sdk's, which nothing here uses; giving some is warned of.
        unfurl_links: Whether Slack shows previews of links to text.
        unfurl_media: Whether Slack shows previews of links to media.
        context: What `await notifier` works with.

    Calling it raises `NotificationError` where the message can't be sent.
    """

    template_fields: Sequence[str] = ("text", "channel", "username", "attachments", "blocks", "slack_conn_id")

    def __init__(
        self,
        *,
        slack_conn_id: str = "slack_api_default",
        text: str = "This is a default message",
        channel: str = "#general",
        username: str = "Airflow",
        icon_url: str = _ICON_URL,
        attachments: Sequence[Mapping[str, Any]] = (),
        blocks: Sequence[Mapping[str, Any]] = (),
        base_url: str | None = None,
        proxy: str | None = None,
        timeout: int | None = None,
        retry_handlers: Sequence[object] | None = None,
        unfurl_links: bool = True,
        unfurl_media: bool = True,
        context: NotifierContext | None = None,
    ) -> None:
        super().__init__(context)
        warn_of_retry_handlers(type(self).__name__, retry_handlers)
        self.slack_conn_id = slack_conn_id
        self.text = text
        self.channel = channel
        self.username = username
        self.icon_url = icon_url
        self.attachments = attachments
        self.blocks = blocks
        self.base_url = base_url
        self.proxy = proxy
        self.timeout = timeout
        self.unfurl_links = unfurl_links
        self.unfurl_media = unfurl_media

    def notify(self, context: NotifierContext) -> None:  # noqa: ARG002 - Airflow's signature
        """Post the message."""
        name = type(self).__name__
        if not self.channel:
            raise NotificationError(f"{name}: there is no channel; write channel='#alerts'")
        connection = read_connection(name, self.slack_conn_id, "slack")
        if not connection.password or "://" in connection.password:
            raise NotificationError(
                f"{name}: connection {self.slack_conn_id!r} has no API token in its password; put it there, or for a "
                "webhook's URL use SlackWebhookNotifier"
            )
        base_url = self.base_url or extra_value(connection, "base_url") or _BASE_URL
        post = Post(
            name,
            self.slack_conn_id,
            url=f"{base_url.rstrip('/')}/chat.postMessage",
            # Slack takes these two as JSON within the JSON, which is how the provider sends them.
            body={
                "channel": self.channel,
                "username": self.username,
                "text": self.text,
                "icon_url": self.icon_url,
                "attachments": json.dumps(self.attachments),
                "blocks": json.dumps(self.blocks),
                "unfurl_links": self.unfurl_links,
                "unfurl_media": self.unfurl_media,
            },
            headers={"Authorization": f"Bearer {connection.password}"},
            timeout=seconds(name, connection, self.timeout),
            proxy=self.proxy or extra_value(connection, "proxy"),
        )
        answer = send(post)
        if answer.status != 200 or answer.json().get("ok") is not True:
            raise refusal(post, answer, slack_code(answer.json().get("error")))


def slack_code(said: object) -> str | None:
    """Slack's word for an error, if it is one."""
    return said if isinstance(said, str) and _CODE.fullmatch(said) else None


def warn_of_retry_handlers(name: str, handlers: Sequence[object] | None) -> None:
    """Say that slack_sdk's handlers aren't asked, since slack_sdk isn't used."""
    if handlers is not None:
        warnings.warn(
            f"{name}: retry_handlers are not used: a message is tried once more where no connection came about, and a "
            "refused one is an error",
            UnsupportedFeatureWarning,
            stacklevel=3,
        )
