"""Sends the logs and the output of a task to the flow run."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import threading
from typing import Any

from . import messages
from .channel import Closed

# The maximum length of a log line, and the maximum number of bytes that are sent for one task. Airflow's own limit for
# the length of a line is 1 MB.
_LINE = 64 * 1024
_TASK = 20 * 1024 * 1024


class Sink:
    """Sends log records to the flow run, up to a limit for each task."""

    def __init__(self, channel: Any) -> None:
        self._channel, self._sent, self._dropped = channel, 0, 0

    def send(self, level: int, logger: str, text: str) -> None:
        """Send a record."""
        if self._sent > _TASK:
            self._dropped += 1
            return
        if len(text) > _LINE:
            text = f"{text[:_LINE]}... ({len(text)} characters)"
        self._sent += len(text) + 64
        # If a task is stopped because its flow run has ended, the task still logs.
        with contextlib.suppress(Closed):
            self._channel.send(messages.Log(level, logger, text))

    def end(self) -> None:
        """Report how many log lines were dropped, and reset the counters."""
        if self._dropped:
            text = f"{self._dropped} more lines of the log were dropped, because the log exceeds {_TASK >> 20} MB."
            self._channel.send(messages.Log(logging.WARNING, "airflow.task", text))
        self._sent = self._dropped = 0


class Handler(logging.Handler):
    """Sends the log records of Python's loggers to the flow run."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._sink = sink
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record."""
        try:
            text = self.format(record)
        except Exception:
            text = str(record.msg)
        self._sink.send(record.levelno, record.name, text)


class Printed(io.TextIOBase):
    """Sends the lines that a task prints to the flow run."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._sink, self._rest = sink, ""

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Send the complete lines, and keep an incomplete line until its rest is written."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._sink.send(0, "task.stdout", line)
        if len(self._rest) > _LINE:
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Send the rest."""
        if self._rest:
            rest, self._rest = self._rest, ""
            self._sink.send(0, "task.stdout", rest)


def send_logs(sink: Sink, level: int) -> None:
    """Replace the handlers of the root logger, standard output and standard error, so that all logs are sent."""
    root = logging.getLogger()
    root.handlers[:] = [Handler(sink)]
    root.setLevel(level)
    for name in ("airflow.task", "airflow.processor", "airflow"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
    sys.stdout, sys.stderr = Printed(sink), Printed(sink)
    _send_output_of_children(sink)


def _send_output_of_children(sink: Sink) -> None:
    """Send the output of commands that a task starts, if the task does not capture this output."""
    reader, writer = os.pipe()
    for number in (1, 2):
        os.dup2(writer, number)
    os.close(writer)
    printed = Printed(sink)

    def send() -> None:
        while read := os.read(reader, 64 * 1024):
            printed.write(read.decode(errors="replace"))

    threading.Thread(target=send, daemon=True).start()
