"""Apprise, which knows the way to a hundred services."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import NotificationError
from .base import NotifierContext, ReadyNotifier
from .connection import read_connection

if TYPE_CHECKING:
    from apprise import Apprise


class AppriseNotifier(ReadyNotifier):
    """Send a message through Apprise, as `airflow.providers.apprise.notifications.apprise.AppriseNotifier` does.

    The connection is of type `apprise`: its extra has `config`, which is `{"path": "<a service's URL>", "tag": ...}`,
    a list of such, or either as JSON text. Airflow lets a message that no service took pass in silence; here it is an
    error. Prefect's own way is its notification blocks, most of which are Apprise too.

    Below the level INFO, Apprise and what it sends with log the services' URLs.

    Args:
        body: The message.
        title: A line above it.
        notify_type: `info`, `success`, `warning` or `failure`.
        body_format: `text`, `html` or `markdown`.
        tag: Which of the services to use, by their tags; `all` is all of them.
        attach: A file or a URL to attach, or several.
        interpret_escapes: Whether a backslash and an n in the body become a line break.
        config: An `AppriseConfig`, or anything else that Apprise takes for services; then no connection is read.
        apprise_conn_id: The connection's id.
        context: What `await notifier` works with.

    Calling it raises `NotificationError` where the message can't be sent.
    """

    template_fields: Sequence[str] = ("body", "title", "tag", "attach", "apprise_conn_id")

    def __init__(
        self,
        *,
        body: str,
        title: str | None = None,
        notify_type: str = "info",
        body_format: str = "text",
        tag: str | Iterable[str] = "all",
        attach: str | Iterable[str] | None = None,
        interpret_escapes: bool | None = None,
        config: Any = None,
        apprise_conn_id: str = "apprise_default",
        context: NotifierContext | None = None,
    ) -> None:
        super().__init__(context)
        self.body = body
        self.title = title
        self.notify_type = notify_type
        self.body_format = body_format
        self.tag = tag
        self.attach = attach
        self.interpret_escapes = interpret_escapes
        self.config = config
        self.apprise_conn_id = apprise_conn_id

    def notify(self, context: NotifierContext) -> None:  # noqa: ARG002 - Airflow's signature
        """Send the message."""
        done = self._services().notify(
            body=self.body,
            title=self.title or "",
            notify_type=self.notify_type,
            body_format=self.body_format,
            tag=self.tag,
            attach=self.attach,
            interpret_escapes=self.interpret_escapes,
        )
        if not done:
            where = "config" if self.config else f"connection {self.apprise_conn_id!r}"
            raise NotificationError(
                f"{type(self).__name__}: a service of {where} did not take the message, or none has the tag; check its "
                "tags and addresses, and Apprise's log"
            )

    def _services(self) -> Apprise:
        from apprise import Apprise

        services = Apprise()
        if self.config:
            services.add(self.config)
            return services
        name = type(self).__name__
        connection = read_connection(name, self.apprise_conn_id, "apprise")
        added = [services.add(entry["path"], tag=entry.get("tag")) for entry in _entries(connection.extra_dejson)]
        if not added or not all(added):
            raise NotificationError(
                f"{name}: connection {self.apprise_conn_id!r} needs a config in its extra, each entry with a path that "
                'is a URL of Apprise\'s: {"config": {"path": "...", "tag": "alerts"}}'
            )
        return services


def _entries(extra: dict[str, Any]) -> list[dict[str, Any]]:
    """The services that the extra names; empty where one of them is of another form."""
    config = extra.get("config")
    if isinstance(config, str):
        try:
            config = json.loads(config)
        except ValueError:
            return []
    entries: list[Any] = config if isinstance(config, list) else [config]
    return entries if all(isinstance(entry, dict) and entry.get("path") for entry in entries) else []
