"""The host's end of the socket to the flow run."""

from __future__ import annotations

import os
import socket
import threading
from typing import Any

from . import messages

_READ = 64 * 1024


class Closed(BaseException):
    """The flow run has closed the socket. The process ends."""


class RequestError(Exception):
    """The flow run answered a request with an error. `kind` is `missing`, or the name of an exception."""

    def __init__(self, text: str, kind: str) -> None:
        super().__init__(text)
        self.kind = kind


class Channel:
    """The channel to the flow run. Any thread can send messages; only one thread at a time waits for an answer.

    If a task forks the process, messages of the forked process are dropped.
    """

    def __init__(self, end: socket.socket) -> None:
        self.socket = end
        self._buffer = bytearray()
        self._writing, self._asking = threading.Lock(), threading.Lock()
        self._pid = os.getpid()

    def send(self, sent: Any) -> None:
        """Send a message."""
        if os.getpid() != self._pid:
            return
        line = messages.encoded(sent)
        with self._writing:
            try:
                self.socket.sendall(line)
            except OSError:
                raise Closed from None

    def receive(self) -> Any:
        """Wait for the next message."""
        searched = 0
        while True:
            end = self._buffer.find(b"\n", searched)
            if end >= 0:
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 1]
                return messages.decoded(line)
            searched = len(self._buffer)
            try:
                read = self.socket.recv(_READ)
            except OSError:
                read = b""
            if not read:
                raise Closed
            self._buffer += read

    def ask(self, sent: Any) -> Any:
        """Send a request, and return the value in the answer.

        Raises:
            RequestError: The flow run has refused the request.
        """
        if os.getpid() != self._pid:
            raise RequestError(
                "A process that the task forked can't read connections, variables or XComs. Read them in the task.",
                "AirflowException",
            )
        with self._asking:
            self.send(sent)
            answer = self.receive()
        if not isinstance(answer, messages.Answer):
            raise messages.ProtocolError(f"The run sent {type(answer).__name__} instead of an answer")
        if answer.error is not None:
            raise RequestError(answer.error, answer.kind or "")
        return answer.value
