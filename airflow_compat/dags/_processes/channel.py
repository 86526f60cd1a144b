"""A child's end of its connection to the flow's process."""

from __future__ import annotations

import errno
import os
import pickle
import queue
import signal
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from .messages import Answer, Ask

GRACE = 5.0
"""The seconds between SIGTERM and SIGKILL, as in Airflow 3."""
ANSWERS, REQUESTS = b"A", b"R"
"""The first byte of a message to a child: it is an answer, or a request."""


class Channel:
    """Sends messages to the parent, and receives the parent's requests.

    Threads of the child may use the channel at the same time.

    When the parent ends, an idle child ends too, and a busy child receives SIGTERM.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pid = os.getpid()
        self._requests: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._sending, self._asking = threading.Lock(), threading.Lock()
        self._is_busy = False
        threading.Thread(target=self._receive, name="airflow_compat_channel", daemon=True).start()

    @property
    def is_own(self) -> bool:
        """Whether this process is the child itself, and not a process that a task has forked from the child."""
        return os.getpid() == self._pid

    def next(self) -> Any:
        """Wait for the next request; return None if the parent has ended.

        A process that a task has forked from the child exits here.
        """
        if not self.is_own:
            os._exit(0)
        self._is_busy = False
        body = self._requests.get()
        self._is_busy = True
        return None if body is None else pickle.loads(body)  # noqa: S301 - the parent is trusted

    def send(self, message: object) -> None:
        """Send a message. A process that was forked from the child sends nothing."""
        body = pickle.dumps(message)
        if self.is_own:
            with self._sending:
                try:
                    self._connection.send_bytes(body)
                except OSError as error:
                    # The task has closed the file descriptor of the connection, but the parent still waits for this
                    # message.
                    if error.errno == errno.EBADF:
                        os._exit(1)

    def ask(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Ask the parent a question, and return the answer or raise its error."""
        with self._asking:
            self.send(Ask(name, args, kwargs))
            answer: Answer = pickle.loads(self._answers.get())  # noqa: S301
        if answer.error is not None:
            raise answer.error
        return answer.value

    def _receive(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                body = self._connection.recv_bytes()
                # Requests may contain objects of the DAG file's classes, so the main thread unpickles them after it has
                # loaded the file.
                kind, content = body[:1], body[1:]
                (self._answers if kind == ANSWERS else self._requests).put(content)
        self._requests.put(None)
        if self._is_busy:
            os.kill(self._pid, signal.SIGTERM)
        time.sleep(GRACE)
        os.killpg(os.getpgid(0), signal.SIGKILL)
