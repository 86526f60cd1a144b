"""The target of test alerts: a webhook on loopback that counts arrivals."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any

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

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()
            receiver.count(data)

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}/")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
