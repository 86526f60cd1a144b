"""The notifiers for Slack: one for Slack's API (`chat.postMessage`, with a token), one for incoming webhooks."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import NotificationError, UnsupportedFeatureWarning
from ._base import NotifierContext, ReadyNotifier
from ._connection import extra_value, read_connection, seconds, webhook_url
from ._http import Post, send, without_none

_ICON_URL = "https://raw.githubusercontent.com/apache/airflow/main/airflow-core/src/airflow/ui/public/pin_100.png"
_BASE_URL = "https://slack.com/api/"
_HOST = "hooks.slack.com/services"
# Matches Slack's error codes, such as `channel_not_found`, but no API token.
_CODE = re.compile(r"[a-z][a-z_]{2,60}")


class SlackNotifier(ReadyNotifier):
    """Post a message to a Slack channel, as `airflow.providers.slack.notifications.slack.SlackNotifier` does.

    The connection is of type `slack`. Its password is the API token, and its extra may have the keys `timeout`,
    `base_url` and `proxy`. Prefect's own counterpart is the `SlackCredentials` block of prefect-slack.

    Args:
        slack_conn_id: The connection's id.
        text: The message.
        channel: The channel's name or id.
        username: The sender's name.
        icon_url: The sender's icon.
        attachments: Slack's legacy attachments, as JSON data.
        blocks: Blocks of Slack's Block Kit, as JSON data.
        base_url: The API's address. Defaults to the `base_url` in the connection's extra, or else to the address of
            Slack's API.
        proxy: A proxy's URL. Defaults to the `proxy` in the connection's extra, or else to the proxy in the
            environment.
        timeout: The time limit in seconds. Defaults to the `timeout` in the connection's extra, or else to 30.
        retry_handlers: Retry handlers of slack_sdk. Ignored, with a warning.
        unfurl_links: Whether Slack shows previews of links to text.
        unfurl_media: Whether Slack shows previews of links to media.
        context: The context that `await notifier` uses.
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
        _warn_of_retry_handlers(type(self).__name__, retry_handlers)
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
        name = type(self).__name__
        if not self.channel:
            raise NotificationError(f"{name}: no channel is given. Pass a channel, such as channel='#alerts'")
        connection = read_connection(name, self.slack_conn_id, "slack")
        if not connection.password or "://" in connection.password:
            raise NotificationError(
                f"{name}: connection {self.slack_conn_id!r} has no API token in its password. Set the token, or for a "
                "webhook's URL, use SlackWebhookNotifier"
            )
        base_url = self.base_url or extra_value(connection, "base_url") or _BASE_URL
        send(
            Post(
                name,
                self.slack_conn_id,
                url=f"{base_url.rstrip('/')}/chat.postMessage",
                # Like Airflow's provider, send `attachments` and `blocks` as JSON texts, which are values of the
                # request's JSON object. Slack accepts this form.
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
            ),
            is_accepted=lambda answer: answer.status == 200 and answer.json().get("ok") is True,
            code=lambda answer: _code(answer.json().get("error")),
        )


class SlackWebhookNotifier(ReadyNotifier):
    """Post a message to a Slack webhook, as `...slack.notifications.slack_webhook.SlackWebhookNotifier` does.

    The connection is of type `slackwebhook`. Its password is the webhook's URL, or the part of the URL after the host.
    Its extra may have the keys `timeout` and `proxy`. Prefect's own counterpart is the `SlackWebhook` block, whose
    `notify` sends text.

    Args:
        slack_webhook_conn_id: The connection's id.
        text: The message. If `blocks` are given, only Slack's desktop notification shows this text.
        blocks: Blocks of Slack's Block Kit, as JSON data.
        unfurl_links: Whether Slack shows previews of links to text. Defaults to Slack's setting.
        unfurl_media: Whether Slack shows previews of links to media. Defaults to Slack's setting.
        proxy: A proxy's URL. Defaults to the `proxy` in the connection's extra, or else to the proxy in the
            environment.
        timeout: The time limit in seconds. Defaults to the `timeout` in the connection's extra, or else to 30.
        retry_handlers: Retry handlers of slack_sdk. Ignored, with a warning.
        attachments: Slack's legacy attachments, as JSON data.
        context: The context that `await notifier` uses.
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
        _warn_of_retry_handlers(type(self).__name__, retry_handlers)
        self.slack_webhook_conn_id = slack_webhook_conn_id
        self.text = text
        self.blocks = blocks
        self.unfurl_links = unfurl_links
        self.unfurl_media = unfurl_media
        self.proxy = proxy
        self.timeout = timeout
        self.attachments = attachments

    def notify(self, context: NotifierContext) -> None:  # noqa: ARG002 - Airflow's signature
        name = type(self).__name__
        connection = read_connection(name, self.slack_webhook_conn_id, "slackwebhook")
        send(
            Post(
                name,
                self.slack_webhook_conn_id,
                url=webhook_url(name, connection, _HOST),
                body=without_none(
                    {
                        "text": self.text,
                        "attachments": self.attachments,
                        "blocks": self.blocks,
                        "unfurl_links": self.unfurl_links,
                        "unfurl_media": self.unfurl_media,
                    }
                ),
                timeout=seconds(name, connection, self.timeout),
                proxy=self.proxy or extra_value(connection, "proxy"),
            ),
            is_accepted=lambda answer: answer.status == 200,
            code=lambda answer: _code(answer.text.strip()),
        )


def _code(said: object) -> str | None:
    return said if isinstance(said, str) and _CODE.fullmatch(said) else None


def _warn_of_retry_handlers(name: str, handlers: Sequence[object] | None) -> None:
    if handlers is not None:
        warnings.warn(
            f"{name}: retry_handlers are not used. A failed connection is tried once more; a refused message raises an "
            "error",
            UnsupportedFeatureWarning,
            stacklevel=3,
        )
