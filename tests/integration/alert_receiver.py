"""The target of test alerts: a webhook on loopback that counts arrivals."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from threading import Condition
from typing import Any

from http_servers import Handler, Server

# What an alert's webhook is called with: its key, and the run.
PAYLOAD = '{"key": "KEY", "run": {{ event.resource.id | tojson }}}'


class Receiver:
    """Counts the pairs of an alert's key and a run's resource id."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._counted: Counter[tuple[str, str]] = Counter()
        self._changed = Condition()

    def count(self, data: dict[str, Any]) -> None:
        with self._changed:
            self._counted[data["key"], data["run"]] += 1
            self._changed.notify_all()

    def wait(self, enough: Callable[[Counter[tuple[str, str]]], bool], seconds: float) -> Counter[tuple[str, str]]:
        """Return the arrivals once there are enough, or after this number of seconds."""
        with self._changed:
            self._changed.wait_for(lambda: enough(self._counted), seconds)
            return Counter(self._counted)


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a server that keeps posted data."""

    class Alerts(Handler):
        def respond(self) -> None:
            data = json.loads(self.body())
            self.send_response(204)
            self.end_headers()
            receiver.count(data)

    server = Server(Alerts)
    receiver = Receiver(f"{server.url}/")
    with server:
        yield receiver
