"""The notifier for PagerDuty's Events API v2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import NotificationError
from ._base import NotifierContext, ReadyNotifier
from ._connection import host_url, read_connection, seconds
from ._http import Post, send, without_none

_BASE_URL = "https://events.pagerduty.com"
_ACTIONS = ("trigger", "acknowledge", "resolve")


class PagerdutyNotifier(ReadyNotifier):
    """Send an event to PagerDuty, as `airflow.providers.pagerduty.notifications.pagerduty.PagerdutyNotifier` does.

    The connection is of type `pagerduty_events`, and its password is the integration key. If the connection has a host,
    the event is sent there instead of to `https://events.pagerduty.com`. For example, EU accounts need another host.
    Prefect's own counterpart is the `PagerDutyWebHook` block, whose `notify` sends text.

    Args:
        summary: A description of what happened, in one line.
        severity: How severe the problem is: `info`, `warning`, `error` or `critical`.
        source: The affected system.
        action: What to do with the incident: `trigger`, `acknowledge` or `resolve`.
        dedup_key: A key that all events of the same incident share. Required for `acknowledge` and `resolve`.
        custom_details: Further details of the event, as JSON data.
        group: The group of components to which the affected system belongs.
        component: The component of the affected system that failed.
        class_type: The kind of event, as a text of your choice.
        images: The images to show in PagerDuty, as JSON data.
        links: The links to show in PagerDuty, as JSON data.
        pagerduty_events_conn_id: The connection's id.
        integration_key: The integration key, to use instead of the connection.
        context: The context that `await notifier` uses.
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

    def connection_ids(self) -> list[str]:
        """See `BaseNotifier`."""
        return [] if self.integration_key else super().connection_ids()

    def notify(self, context: NotifierContext) -> None:  # noqa: ARG002 - Airflow's signature
        name = type(self).__name__
        if self.action not in _ACTIONS:
            raise NotificationError(f"{name}: action is {self.action!r}. Use one of {', '.join(_ACTIONS)}")
        if self.action != "trigger" and not self.dedup_key:
            raise NotificationError(f"{name}: {self.action} needs a dedup_key. Pass the key of the triggered event")
        send(self._post(name))

    def _post(self, name: str) -> Post:
        if self.integration_key:
            return Post(name, None, url=f"{_BASE_URL}/v2/enqueue", body=self._event(self.integration_key))
        if not self.pagerduty_events_conn_id:
            raise NotificationError(
                f"{name}: neither a connection nor an integration key is given. Pass one of the two"
            )
        connection = read_connection(name, self.pagerduty_events_conn_id, "pagerduty_events")
        if not connection.password:
            raise NotificationError(
                f"{name}: connection {self.pagerduty_events_conn_id!r} has no integration key. Set the key as the "
                "password"
            )
        return Post(
            name,
            self.pagerduty_events_conn_id,
            url=f"{host_url(connection, _BASE_URL, 'https')}/v2/enqueue",
            body=self._event(connection.password),
            timeout=seconds(name, connection, None),
        )

    def _event(self, routing_key: str) -> dict[str, Any]:
        payload = {
            "component": self.component or None,
            "group": self.group or None,
            "class": self.class_type or None,
            "custom_details": self.custom_details,
        }
        return {
            "event_action": self.action,
            "routing_key": routing_key,
            "payload": {
                "summary": self.summary,
                "severity": self.severity,
                "source": self.source,
                **without_none(payload),
            },
            **without_none({"dedup_key": self.dedup_key or None, "images": self.images, "links": self.links}),
        }
