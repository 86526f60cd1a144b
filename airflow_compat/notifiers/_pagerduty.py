"""PagerDuty's Events API v2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import NotificationError
from .base import NotifierContext, ReadyNotifier
from .connection import read_connection, seconds
from .http import Post, refusal, send

_BASE_URL = "https://events.pagerduty.com"
_ACTIONS = ("trigger", "acknowledge", "resolve")


class PagerdutyNotifier(ReadyNotifier):
    """Send an event to PagerDuty, as `airflow.providers.pagerduty.notifications.pagerduty.PagerdutyNotifier` does.

    The connection is of type `pagerduty_events`: its password is the integration key. Airflow always sends to
    `https://events.pagerduty.com`; here a host in the connection goes before that, as for an account in the EU.
    Prefect's own way is the `PagerDutyWebHook` block, whose `notify` sends text.

    Args:
        summary: What happened, in one line.
        severity: `info`, `warning`, `error` or `critical`.
        source: What it happened to.
        action: `trigger`, `acknowledge` or `resolve`.
        dedup_key: What the events of one incident share; the two later actions need it.
        custom_details: Anything else, as JSON data.
        group: What the source belongs to.
        component: The part of it that is broken.
        class_type: The kind of event.
        images: PagerDuty's images, as JSON data.
        links: PagerDuty's links, as JSON data.
        pagerduty_events_conn_id: The connection's id.
        integration_key: The key itself; then no connection is read. A connection keeps it out of the code.
        context: What `await notifier` works with.

    Calling it raises `NotificationError` where the event can't be sent.
    """

    template_fields: Sequence[str] = (
        "summary",
        "severity",
        "source",
        "action",
        "dedup_key",
        "custom_details",
        "group",
        "component",
        "class_type",
        "images",
        "links",
        "pagerduty_events_conn_id",
    )

    def __init__(
        self,
        *,
        summary: str,
        severity: str,
        source: str = "airflow",
        action: str = "trigger",
        dedup_key: str | None = None,
        custom_details: Any = None,
        group: str | None = None,
        component: str | None = None,
        class_type: str | None = None,
        images: Sequence[Mapping[str, Any]] | None = None,
        links: Sequence[Mapping[str, Any]] | None = None,
        pagerduty_events_conn_id: str | None = "pagerduty_events_default",
        integration_key: str | None = None,
        context: NotifierContext | None = None,
    ) -> None:
        super().__init__(context)
        self.summary = summary
        self.severity = severity
        self.source = source
        self.action = action
        self.dedup_key = dedup_key
        self.custom_details = custom_details
        self.group = group
        self.component = component
        self.class_type = class_type
        self.images = images
        self.links = links
        self.pagerduty_events_conn_id = pagerduty_events_conn_id
        self.integration_key = integration_key

    def notify(self, context: NotifierContext) -> None:  # noqa: ARG002 - Airflow's signature
        """Send the event."""
        name = type(self).__name__
        if self.action not in _ACTIONS:
            raise NotificationError(f"{name}: action is {self.action!r}; write one of {', '.join(_ACTIONS)}")
        if self.action != "trigger" and not self.dedup_key:
            raise NotificationError(f"{name}: {self.action} needs the dedup_key of what was triggered; write it")
        post = self._post(name)
        answer = send(post)
        if not 200 <= answer.status < 300:
            raise refusal(post, answer)

    def _post(self, name: str) -> Post:
        if self.integration_key:
            return Post(name, None, url=f"{_BASE_URL}/v2/enqueue", body=self._event(self.integration_key))
        if not self.pagerduty_events_conn_id:
            raise NotificationError(f"{name}: there is neither a connection nor an integration key; give an id")
        connection = read_connection(name, self.pagerduty_events_conn_id, "pagerduty_events")
        if not connection.password:
            raise NotificationError(
                f"{name}: connection {self.pagerduty_events_conn_id!r} has no integration key; put it into the password"
            )
        host = connection.host or _BASE_URL
        base = host if "://" in host else f"{connection.schema or 'https'}://{host}"
        port = f":{connection.port}" if connection.port else ""
        return Post(
            name,
            self.pagerduty_events_conn_id,
            url=f"{base}{port}".rstrip("/") + "/v2/enqueue",
            body=self._event(connection.password),
            timeout=seconds(name, connection, None),
        )

    def _event(self, routing_key: str) -> dict[str, Any]:
        optional = {"component": self.component, "group": self.group, "class": self.class_type}
        payload = {"summary": self.summary, "severity": self.severity, "source": self.source}
        payload |= {key: value for key, value in optional.items() if value}
        if self.custom_details is not None:
            payload["custom_details"] = self.custom_details
        event: dict[str, Any] = {"event_action": self.action, "routing_key": routing_key, "payload": payload}
        if self.dedup_key:
            event["dedup_key"] = self.dedup_key
        if self.images is not None:
            event["images"] = self.images
        if self.links is not None:
            event["links"] = self.links
        return event
