"""A proxy on the loopback interface in front of a real Prefect server that is busy when the test says so."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from prefect.events.clients import PrefectEventsClient
from prefect.events.worker import EventsWorker
from prefect.settings import PREFECT_API_URL, temporary_settings

Busy = int | Literal["told", "hung", "late"]
_NOT_FORWARDED = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}


class BusyProxy(ThreadingHTTPServer):
    """Forwards requests, except those that it is busy for.

    Attributes:
        url: The URL of the API behind the proxy.
        asked: The path of each request that came while the proxy was busy for it.
    """

    daemon_threads = True

    def __init__(self, server: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.server_url = server
        self.url = f"http://127.0.0.1:{self.server_address[1]}/api"
        self.asked: list[str] = []
        self._busy: tuple[tuple[str, ...], Busy] = (), 503
        self._changed = threading.Condition()

    def be_busy(self, *paths: str, how: Busy = 503) -> None:
        """Be busy for requests whose path contains one of these texts.

        Args:
            paths: The texts.
            how: The status to answer with, with `Retry-After: 0` for "told"; "hung" answers nothing while it is busy,
                and 503 after that; "late" forwards the request after that.
        """
        with self._changed:
            self._busy = paths, how

    def be_free(self) -> None:
        """Forward all requests from now on."""
        with self._changed:
            self._busy = (), 503
            self._changed.notify_all()

    def wait_until_asked(self, times: int) -> None:
        """Wait until so many requests came while the proxy was busy for them."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.asked) >= times, 60)

    def answer(self, path: str) -> tuple[int, dict[str, str]] | None:
        """Return the answer that replaces the server's; None if the server answers."""
        with self._changed:
            paths, how = self._busy
            if not any(part in path for part in paths):
                return None
            self.asked.append(path)
            self._changed.notify_all()
            if how in ("hung", "late"):
                self._changed.wait_for(lambda: not self._busy[0])
        if how == "late":
            return None
        if isinstance(how, int):
            return how, {}
        return 503, {"Retry-After": "0"} if how == "told" else {}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that did not wait for the answer."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: BusyProxy

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if answer := self.server.answer(self.path):
            self._send(*answer, b'{"exception_message": "Service Unavailable"}')
            return
        target = urlsplit(self.server.server_url)
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=120)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_FORWARDED}
        connection.request(self.command, self.path, body, headers)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        kept = {name: value for name, value in response.getheaders() if name.lower() not in _NOT_FORWARDED}
        self._send(response.status, kept, content)

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _forward  # noqa: N815 - the names are http.server's

    def log_message(self, *_: object) -> None:
        """Write nothing to the test's output."""


@contextmanager
def busy_proxy(server: str) -> Iterator[BusyProxy]:
    """A proxy for this server, which this process's clients use."""
    proxy = BusyProxy(server)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    # It forwards no websockets.
    EventsWorker.set_client_override(PrefectEventsClient, api_url=server)
    try:
        with pytest.MonkeyPatch.context() as patch, temporary_settings({PREFECT_API_URL: proxy.url}):
            patch.setenv("PREFECT_API_URL", proxy.url)
            yield proxy
    finally:
        EventsWorker.set_client_override(None)
        proxy.be_free()
        proxy.shutdown()
        proxy.server_close()
