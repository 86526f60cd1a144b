"""The notifier for Apprise, which supports about a hundred services."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import NotificationError
from ._base import NotifierContext, ReadyNotifier
from ._connection import read_connection

if TYPE_CHECKING:
    from apprise import Apprise


class AppriseNotifier(ReadyNotifier):
    """Send a message through Apprise, as `airflow.providers.apprise.notifications.apprise.AppriseNotifier` does.

    The connection is of type `apprise`. The connection's extra has the key `config`: a dict `{"path": "<a service's
    URL>", "tag": ...}`, a list of such dicts, or the JSON text of one of these. If a service refuses the message, the
    call raises an error, while Airflow ignores the refusal. Prefect's own counterparts are its notification blocks,
    most of which use Apprise.

    Caution: at log levels below INFO, Apprise and its HTTP client log the services' URLs, which may contain secrets.

    Args:
        body: The message.
        title: A title above the message.
        notify_type: The kind of message: `info`, `success`, `warning` or `failure`.
        body_format: The format of the body: `text`, `html` or `markdown`.
        tag: The tags of the services to which the message is sent; `all` selects all services.
        attach: Files or URLs to attach.
        interpret_escapes: Whether escapes in the body are converted: for example, a backslash and an n to a line break.
        config: An `AppriseConfig`, or services in another form that Apprise accepts, to use instead of the connection.
        apprise_conn_id: The connection's id.
        context: The context that `await notifier` uses.
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

    def connection_ids(self) -> list[str]:
        """See `BaseNotifier`."""
        return [] if self.config else super().connection_ids()

    def notify(self, context: NotifierContext) -> None:  # noqa: ARG002 - Airflow's signature
        if not self._services().notify(
            body=self.body,
            title=self.title or "",
            notify_type=self.notify_type,
            body_format=self.body_format,
            tag=self.tag,
            attach=self.attach,
            interpret_escapes=self.interpret_escapes,
        ):
            where = "config" if self.config else f"connection {self.apprise_conn_id!r}"
            raise NotificationError(
                f"{type(self).__name__}: a service of {where} refused the message, or no service has the tag. Check "
                "the tags and addresses, and Apprise's log"
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
                f"{name}: connection {self.apprise_conn_id!r} needs a config in its extra. Add a config whose entries "
                "have "
                'an Apprise URL as path: {"config": {"path": "...", "tag": "alerts"}}'
            )
        return services


def _entries(extra: dict[str, Any]) -> list[dict[str, Any]]:
    config = extra.get("config")
    if isinstance(config, str):
        try:
            config = json.loads(config)
        except ValueError:
            return []
    entries: list[Any] = config if isinstance(config, list) else [config]
    return entries if all(isinstance(entry, dict) and entry.get("path") for entry in entries) else []
