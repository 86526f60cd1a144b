"""Receivers of metrics on loopback: UDP datagrams, OTLP over HTTP, a push gateway."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class UdpReceiver:
    """A UDP port and what arrives there."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self.port: int = self._socket.getsockname()[1]

    def lines(self) -> list[str]:
        """All that has arrived: on loopback, what was sent is there."""
        found: list[str] = []
        while True:
            try:
                found += self._socket.recv(65_536).decode().splitlines()
            except TimeoutError:
                return found

    def close(self) -> None:
        """Close the port."""
        self._socket.close()


class HttpReceiver:
    """An HTTP server that keeps what is posted and put."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((self.path, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_PUT = do_POST  # noqa: N815

            def log_message(self, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def udp_receiver() -> Iterator[UdpReceiver]:
    """A UDP port, for as long as the block lasts."""
    receiver = UdpReceiver()
    try:
        yield receiver
    finally:
        receiver.close()


@contextmanager
def http_receiver() -> Iterator[HttpReceiver]:
    """An HTTP server, for as long as the block lasts."""
    receiver = HttpReceiver()
    try:
        yield receiver
    finally:
        receiver.close()


def plain(line: str) -> str:
    """A datagram of StatsD, without a time's milliseconds."""
    return re.sub(r":[\d.]+\|ms$", "|ms", line)
