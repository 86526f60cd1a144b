"""HTTP servers on loopback, each in a thread of its own."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class Handler(BaseHTTPRequestHandler):
    """Base class for what answers a server's requests: `respond` answers each request, with any method."""

    def respond(self) -> None:
        raise NotImplementedError

    def _respond(self) -> None:
        self.respond()

    do_GET = do_POST = do_PUT = _respond  # noqa: N815 - the names are http.server's

    def body(self) -> bytes:
        """Read what the client has sent."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def send(self, status: int, content: bytes = b"", content_type: str = "application/json") -> None:
        """Answer the request."""
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def send_json(self, status: int, value: Any) -> None:
        """Answer the request with a value as JSON."""
        self.send(status, json.dumps(value).encode())

    def log_message(self, *_: object) -> None:
        """Write nothing to the test's output."""


class Server(ThreadingHTTPServer):
    """Answers requests in a `with` block.

    Attributes:
        url: The URL, without a slash at its end.
    """

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Any:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
