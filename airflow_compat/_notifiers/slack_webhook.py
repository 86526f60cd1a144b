"""Slack's incoming webhooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .base import NotifierContext, ReadyNotifier
from .connection import extra_value, read_connection, seconds, webhook_url
from .http import Post, refusal, send
from .slack import slack_code, warn_of_retry_handlers

_HOST = "hooks.slack.com/services"


class SlackWebhookNotifier(ReadyNotifier):
    """Post a message to a Slack webhook, as `...slack.notifications.slack_webhook.SlackWebhookNotifier` does.

    The connection is of type `slackwebhook`: its password is the webhook's URL, or what follows the host in it; its
    extra may have `timeout` and `proxy`. Prefect's own way is the `SlackWebhook` block, whose `notify` sends text.

    Args:
        slack_webhook_conn_id: The connection's id.
        text: The message; with `blocks` it is what notifications show.
        blocks: Slack's Block Kit blocks, as JSON data.
        unfurl_links: Whether Slack shows previews of links to text; None is Slack's default.
        unfurl_media: Whether Slack shows previews of links to media; None is Slack's default.
        proxy: A proxy's URL; None is the connection's, else the environment's.
        timeout: Seconds; None is the connection's, else 30.
        retry_handlers: Handlers of slack_sdk's, which nothing here uses; giving some is warned of.
        attachments: Slack's legacy attachments, as JSON data.
        context: What `await notifier` works with.

    Calling it raises `NotificationError` where the message can't be sent.
    """

    template_fields: Sequence[str] = ("slack_webhook_conn_id", "text", "attachments", "blocks", "proxy", "timeout")

    def __init__(
        self,
        *,
        slack_webhook_conn_id: str = "slack_default",
        text: str,
        blocks: Sequence[Mapping[str, Any]] | None = None,
        unfurl_links: bool | None = None,
        unfurl_media: bool | None = None,
        proxy: str | None = None,
        timeout: int | None = None,
        retry_handlers: Sequence[object] | None = None,
        attachments: Sequence[Mapping[str, Any]] | None = None,
        context: NotifierContext | None = None,
    ) -> None:
        super().__init__(context)
        warn_of_retry_handlers(type(self).__name__, retry_handlers)
        self.slack_webhook_conn_id = slack_webhook_conn_id
        self.text = text
        self.blocks = blocks
        self.unfurl_links = unfurl_links
        self.unfurl_media = unfurl_media
        self.proxy = proxy
        self.timeout = timeout
        self.attachments = attachments

    def notify(self, context: NotifierContext) -> None:  # noqa: ARG002 - Airflow's signature
        """Post the message."""
        name = type(self).__name__
        connection = read_connection(name, self.slack_webhook_conn_id, "slackwebhook")
        fields = {
            "text": self.text,
            "attachments": self.attachments,
            "blocks": self.blocks,
            "unfurl_links": self.unfurl_links,
            "unfurl_media": self.unfurl_media,
        }
        post = Post(
            name,
            self.slack_webhook_conn_id,
            url=webhook_url(name, connection, _HOST),
            body={key: value for key, value in fields.items() if value is not None},
            timeout=seconds(name, connection, self.timeout),
            proxy=self.proxy or extra_value(connection, "proxy"),
        )
        answer = send(post)
        if answer.status != 200:
            raise refusal(post, answer, slack_code(answer.text.strip()))
