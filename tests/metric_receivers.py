"""Receivers of metrics on loopback: UDP datagrams, OTLP over HTTP, a push gateway."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from http_servers import Handler, Server


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


class HttpReceiver(Server):
    """An HTTP server that keeps what is posted and put."""

    def __init__(self) -> None:
        super().__init__(_Keeper)
        self.requests: list[tuple[str, bytes]] = []


class _Keeper(Handler):
    server: HttpReceiver

    def respond(self) -> None:
        self.server.requests.append((self.path, self.body()))
        self.send(200)


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
    with HttpReceiver() as receiver:
        yield receiver


def plain(line: str) -> str:
    """A datagram of StatsD, without a time's milliseconds."""
    return re.sub(r":[\d.]+\|ms$", "|ms", line)
