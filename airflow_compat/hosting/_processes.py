"""Starts the processes of a host: one that imports Airflow, and one for each DAG file that it loads."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import signal
import socket
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, TypeVar

from .._airflow.public_names import airflow_paths
from .._airflow.version import AirflowVersion
from ..errors import HostError
from ._child import messages
from ._child.channel import Channel, Closed
from ._host import AirflowHost
from ._services import NoTask, answer_of
from ._task_processes import DagFile, HostProcess, OfFile, Starter

Result = TypeVar("Result")
_log = logging.getLogger("airflow.processor")

STARTED_WITHIN = 180.0
"""A host that has not started after so many seconds is refused."""
_ENDED_WITHIN = 5.0
_RELEASES: tuple[AirflowVersion, ...] = ("2", "3")
_START = (
    "import socket,sys;s=socket.socket(fileno=int(sys.argv[1]));"
    "exec(s.recv(int(s.recv(16,socket.MSG_WAITALL)),socket.MSG_WAITALL).decode())"
)


@dataclass(eq=False)
class Processes:
    """The processes of one host. The processes are started when a task first needs them.

    Attributes:
        hello: The host's first message, with its releases of Airflow and Python.
    """

    host: AirflowHost
    hello: Any = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _of_files: dict[DagFile, OfFile] = field(default_factory=dict)
    _first: subprocess.Popen[bytes] | None = None
    _starter: Starter | None = None

    def start(self) -> Any:
        """Start the host unless it already runs, and return its `Hello` message.

        Raises:
            HostError: The host does not start.
        """
        with self._lock:
            self._start()
            return self.hello

    def take(self, file: DagFile) -> HostProcess:
        """Return a process for one task, which has the DAG file loaded.

        Raises:
            HostError: The host can't start a process.
        """
        return self._with(file, OfFile.take)

    def describe(self, file: DagFile) -> Any:
        """Return a file's DAGs as data (`dags`), and the reasons why its other DAGs can't be loaded (`errors`).

        Raises:
            HostError: The host does not start, or the file's code ends the process that loads it.
        """
        return self._with(file, OfFile.describe)

    def _with(self, file: DagFile, do: Callable[[OfFile], Result]) -> Result:
        try:
            return do(self._of(file))
        except (Closed, OSError, messages.ProtocolError):
            # The process that loads the file has ended, for example because another program killed it: try once more.
            self._forget(file)
        try:
            return do(self._of(file))
        except (Closed, OSError, messages.ProtocolError):
            self._forget(file)
            raise HostError(
                f"The process of the host that loads {file.path} has ended. Remove the code that ends the process."
            ) from None

    def unresolved(self, names: Iterable[str], search_path: Iterable[str]) -> dict[str, str]:
        """Return the import paths that can't be imported in the host, each with the reason.

        Raises:
            HostError: The host does not start.
        """
        found: dict[str, str] = self._ask(messages.Resolve(list(names), list(search_path)))
        return found

    def _ask(self, request: Any) -> Any:
        """Start a process of the host for one request, return the answer, and end the process."""
        with self._lock:
            self._start()
            assert self._starter is not None
            pid, channel = self._starter.fork()
        try:
            # Modules that are imported for the request may log messages.
            return answer_of(channel, request, NoTask("A module", _log))
        except (Closed, messages.ProtocolError):
            raise HostError(
                f"A module of the host {self.host.python} ends its process when it is imported. Remove that code."
            ) from None
        finally:
            channel.socket.close()
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)

    def providers(self) -> list[tuple[str, str]]:
        """Return the names and versions of the Airflow providers that the host has.

        Raises:
            HostError: The host does not start.
        """
        return [(name, version) for name, version in self._ask(messages.Providers())]

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            self._end()

    def _of(self, file: DagFile) -> OfFile:
        """Return the processes that have loaded a DAG file. If the file has changed, start new ones."""
        with self._lock:
            found, state = self._of_files.get(file), file.state()
            if found is not None and found.state == state:
                return found
            if found is not None:
                found.close()
            self._start()
            assert self._starter is not None
            try:
                _, channel = self._starter.fork()
            except (Closed, OSError, messages.ProtocolError):
                self._end()
                self._start()
                _, channel = self._starter.fork()
            made = self._of_files[file] = OfFile(file, Starter(channel), state)
            return made

    def _forget(self, file: DagFile) -> None:
        with self._lock:
            found = self._of_files.pop(file, None)
        if found is not None:
            found.close()

    def _start(self) -> None:
        if self._first is not None and self._first.poll() is None:
            return
        self._end()
        own, other = socket.socketpair()
        try:
            self._first = first = subprocess.Popen(  # noqa: S603 - the user's own interpreter
                [self.host.python, "-c", _START, str(other.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(other.fileno(),),
                env=self.host.environment(os.environ),
                start_new_session=True,
            )
        except OSError as error:
            own.close()
            raise HostError(
                f"The host's interpreter {self.host.python} can't be started ({error.strerror}). Correct `python` of "
                "AirflowHost."
            ) from None
        finally:
            other.close()
        printed, reading = _keep_last_lines(first)
        channel = Channel(own)
        own.settimeout(STARTED_WITHIN)
        try:
            code = _code()
            own.sendall(f"{len(code):16d}".encode() + code)
            hello = channel.receive()
        except (Closed, OSError, messages.ProtocolError):
            hello = None
        own.settimeout(None)
        self._starter = Starter(channel)
        if not isinstance(hello, messages.Hello) or hello.protocol != messages.PROTOCOL:
            self._end()
            # The thread may not have read the last lines yet. A process that the host started may keep the pipe open.
            reading.join(_ENDED_WITHIN)
            why = hello.error.strip().splitlines()[-1] if isinstance(hello, messages.Broken) else " ".join(printed)
            raise HostError(
                f"Airflow can't be imported by {self.host.python}: {why or 'it does not answer'}. Check `python` and "
                "`env` of AirflowHost."
            )
        self.hello = hello

    def _end(self) -> None:
        for each in self._of_files.values():
            each.close()
        self._of_files.clear()
        if self._starter is not None:
            self._starter.close()
        first, self._first, self._starter = self._first, None, None
        if first is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                first.wait(_ENDED_WITHIN)
            if first.poll() is None:
                first.kill()
                first.wait()


def _code() -> bytes:
    """Return the Python code that a host's first process runs."""
    folder = resources.files(__package__) / "_child"
    files = {each.name.removesuffix(".py"): each.read_text() for each in folder.iterdir() if each.name.endswith(".py")}
    start = files.pop("start")
    files["names"] = f"NAMES = { ({release: airflow_paths(release) for release in _RELEASES})!r}"
    # Insert `FILES` below the `from __future__` import, which must be at the top of a module.
    head, _, body = start.partition("import importlib.abc\n")
    return f"{head}FILES = {files!r}\nimport importlib.abc\n{body}".encode()


def _keep_last_lines(process: subprocess.Popen[bytes]) -> tuple[deque[str], threading.Thread]:
    """Read a process's output in a thread, so that the process never blocks on a full pipe, and keep the last lines."""
    lines: deque[str] = deque(maxlen=5)

    def read() -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                lines.append(line.decode(errors="replace").strip())

    thread = threading.Thread(target=read, daemon=True, name="airflow-host-output")
    thread.start()
    return lines, thread


_hosts: dict[AirflowHost, Processes] = {}
_lock = threading.Lock()


def processes_of(host: AirflowHost) -> Processes:
    """Return the processes of a host. All flow runs in this process share these processes."""
    with _lock:
        return _hosts.setdefault(host, Processes(host))


def close_all() -> None:
    """End the processes of all hosts."""
    with _lock:
        found = list(_hosts.values())
        _hosts.clear()
    for each in found:
        each.close()


def _after_fork() -> None:
    globals()["_lock"] = threading.Lock()
    # The host's processes belong to the parent process, so close this child's copies of their sockets.
    for each in _hosts.values():
        starters = [each._starter, *(of_file.starter for of_file in each._of_files.values())]
        idle = [process for of_file in each._of_files.values() for process in of_file.idle]
        for channel in [*(starter.channel for starter in starters if starter), *(process.channel for process in idle)]:
            channel.socket.close()
    _hosts.clear()


atexit.register(close_all)
os.register_at_fork(after_in_child=_after_fork)
