"""Starts and ends the processes of a host that run tasks.

Each process that runs tasks is forked from a process that has already loaded the tasks' DAG file.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import threading
from dataclasses import dataclass, field
from typing import Any

from ._child import messages
from ._child.channel import Channel, Closed
from ._services import NoTask, answer_of

_log = logging.getLogger("airflow.processor")

# For each DAG file, at most this many processes stay alive to wait for tasks. Any further process ends after its task.
_MOST_IDLE = 2 * (os.cpu_count() or 1)


@dataclass(frozen=True)
class DagFile:
    """A DAG file that a host loads.

    Attributes:
        search_path: The folders of the modules that the file imports.
    """

    path: str
    search_path: tuple[str, ...]

    def state(self) -> tuple[int, int]:
        """Return the file's modification time and size, or zeros if this process can't see the file."""
        try:
            found = os.stat(self.path)  # noqa: PTH116 - the path may be that of another file system
        except OSError:
            return 0, 0
        return found.st_mtime_ns, found.st_size


@dataclass(eq=False)
class Starter:
    """A process of the host that starts other processes."""

    channel: Channel

    def fork(self) -> tuple[int, Channel]:
        """Start a process, and return its process id and the channel to it."""
        own, other = socket.socketpair()
        try:
            self.channel.ask(messages.Fork())
            socket.send_fds(self.channel.socket, [b"\0"], [other.fileno()])
            answer = self.channel.receive()
        except BaseException:
            own.close()
            raise
        finally:
            other.close()
        return answer.value, Channel(own)

    def how_ended(self, pid: int) -> int | None:
        """Return the exit code of a process that this starter has started; None if unknown."""
        with contextlib.suppress(Closed, OSError, messages.ProtocolError):
            return self.channel.ask(messages.HowEnded(pid))  # type: ignore[no-any-return]
        return None

    def close(self) -> None:
        self.channel.socket.close()


@dataclass(eq=False)
class OfFile:
    """The processes of a host that have loaded one DAG file.

    Attributes:
        state: The value of `DagFile.state` when the processes were started.
    """

    file: DagFile
    starter: Starter
    state: tuple[int, int]
    lock: threading.Lock = field(default_factory=threading.Lock)
    idle: list[HostProcess] = field(default_factory=list)
    is_closed: bool = False
    is_loaded: bool = False

    def describe(self) -> Any:
        """Return the file's DAGs as data, and the reasons why its other DAGs can't be loaded."""
        with self.lock:
            self._load()
            return self.starter.channel.ask(messages.Describe())

    def take(self) -> HostProcess:
        """Return a process that is ready to run a task."""
        with self.lock:
            while self.idle:
                found = self.idle.pop()
                if _is_open(found.channel.socket):
                    return found
                found.channel.socket.close()
            self._load()
            return HostProcess(*self.starter.fork(), self)

    def _load(self) -> None:
        """Make the starter load the file, and answer the requests that the file's code sends meanwhile."""
        if self.is_loaded:
            return
        request = messages.Load(self.file.path, list(self.file.search_path))
        answer_of(self.starter.channel, request, NoTask("A DAG file", _log))
        self.is_loaded = True

    def give_back(self, process: HostProcess) -> None:
        """Keep a process for another task, or end the process if enough others wait."""
        with self.lock:
            if not self.is_closed and len(self.idle) < _MOST_IDLE:
                self.idle.append(process)
                return
        process.channel.socket.close()

    def close(self) -> None:
        """End the processes that wait for tasks. A process that still runs a task ends after the task."""
        with self.lock:
            self.is_closed = True
            for process in self.idle:
                process.channel.socket.close()
            self.idle.clear()
            self.starter.close()


@dataclass(eq=False)
class HostProcess:
    """A process that runs one task at a time."""

    pid: int
    channel: Channel
    owner: OfFile

    def terminate(self) -> None:
        """Tell the process to kill its task, as Airflow does, so that the operator's `on_kill` is called."""
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End the process, and the processes that its task started."""
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> str:
        """Kill the process, and return a text that describes how it ended."""
        with self.owner.lock:
            # If the process is just ending, this waits up to two seconds, so that the exit code is known.
            code = self.owner.starter.how_ended(self.pid)
        self.kill()
        self.channel.socket.close()
        if code is None:
            return "it ended"
        return f"it was ended by {signal.Signals(-code).name}" if code < 0 else f"it ended with exit code {code}"

    def discard(self) -> None:
        """Kill the process."""
        self.kill()
        self.close()


def _is_open(end: socket.socket) -> bool:
    """Return True unless the process at the other end has closed the socket."""
    try:
        return end.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
