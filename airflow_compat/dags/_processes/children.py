"""The child processes of a run, as objects in the flow's process."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from multiprocessing import Pipe
from typing import Any

from ..._prefect.child_processes import environment_with_server
from ...errors import TaskProcessError
from .channel import ANSWERS, GRACE, REQUESTS
from .messages import ANSWER, EXIT_CODE, FORK, REQUEST, RUNNING, UNKNOWN, Answer, RunFacts

_MODULE = "airflow_compat.dags._processes.template"
# A process that a task started may keep the pipe of a dead child open.
_CHECK = 1.0
_POLL = 0.005


class Template:
    """The process that has loaded the DAG file, and forks children.

    The template is started together with the first child.
    """

    def __init__(self, facts: RunFacts) -> None:
        self._facts = facts
        self._lock = threading.Lock()
        self._is_closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def fork(self, descriptor: int) -> int:
        """Fork a child that uses this file descriptor for its connection, and return the child's process id.

        Raises:
            TaskProcessError: The template has ended.
        """
        with self._lock:
            if self._process is None and not self._is_closed:
                self._start()
            process = self._ask(FORK, 0, [descriptor])
            if process is not None:
                return process
            ended, self._process = self._process, None
        how = _named(ended.wait()) if ended else "the run"
        raise TaskProcessError(f"The process that loads the DAG file ended with {how}")

    def exit_code(self, process: int) -> int | None:
        """Return the exit code of a child; None if the child has not ended, 0 if the code is unknown."""
        with self._lock:
            code = self._ask(EXIT_CODE, process)
        if code in (None, UNKNOWN):
            # The template process that forked the child was killed.
            return None if _lives(process) else 0
        return None if code == RUNNING else code

    def close(self) -> None:
        """End the process."""
        self._is_closed = True
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._control is not None:
            self._control.close()

    def _start(self) -> None:
        facts = pickled(self._facts)
        self._control, theirs = socket.socketpair()
        code = f"import sys; sys.path[:] = {sys.path!r}; from {_MODULE} import main; main({theirs.fileno()})"
        # The process gets its own session, so that Ctrl-C reaches only the flow's process.
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
            env=environment_with_server(),
        )
        theirs.close()
        assert self._process.stdin is not None
        with suppress(BrokenPipeError), self._process.stdin as file:
            file.write(facts)

    def _ask(self, kind: bytes, process: int, descriptors: list[int] | None = None) -> int | None:
        if self._control is None:
            return None
        try:
            socket.send_fds(self._control, [REQUEST.pack(kind, process)], descriptors or [])
            answer = self._control.recv(ANSWER.size, socket.MSG_WAITALL)
        except OSError:
            return None
        return int(ANSWER.unpack(answer)[0]) if answer else None


class Child:
    """One child process.

    Attributes:
        is_retired: Whether the child must not run another try.
    """

    def __init__(self, template: Template) -> None:
        self.is_retired = False
        self._reason = ""
        self._lock = threading.Lock()
        self._template = template
        self._timer: threading.Timer | None = None
        self._code: int | None = None
        self._connection, theirs = Pipe()
        with theirs:
            self._process = template.fork(theirs.fileno())

    def send(self, message: object) -> None:
        """Send a message. If the child is dead, `receive` raises an error.

        Raises:
            TaskProcessError: A value in the message can't be pickled.
        """
        try:
            body = (ANSWERS if isinstance(message, Answer) else REQUESTS) + pickled(message)
        except TaskProcessError:
            # The child may be waiting for an answer.
            self.is_retired = True
            raise
        with suppress(OSError):
            self._connection.send_bytes(body)

    def receive(self) -> Any:
        """Return the next message of the child.

        Raises:
            TaskProcessError: The process has ended.
        """
        try:
            while not self._connection.poll(_CHECK):
                if self._has_ended() and not self._connection.poll():
                    raise EOFError
            return pickle.loads(self._connection.recv_bytes())  # noqa: S301 - our own child
        except (EOFError, OSError):
            self.is_retired = True
            self.wait()
            raise TaskProcessError(self._reason or _reason_of(self._code or 0)) from None

    def kill_after(self, seconds: float, reason: str = "") -> None:
        """After some seconds, kill the child and the processes that it started, unless `spare` is called first."""

        def kill() -> None:
            self.is_retired, self._reason = True, reason
            self._kill()

        self.spare()
        self._timer = threading.Timer(seconds, kill)
        self._timer.daemon = True
        self._timer.start()

    def spare(self) -> None:
        """Take back `kill_after`."""
        if self._timer is not None:
            self._timer.cancel()

    def terminate(self) -> None:
        """Send SIGTERM, and SIGKILL some seconds later."""
        self.is_retired = True
        with suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGTERM)
        self.kill_after(GRACE)

    def close(self) -> None:
        """Close the connection, so that an idle or terminated process ends."""
        self._connection.close()

    def wait(self) -> None:
        """Wait until the process ends; if it doesn't end in time, kill it."""
        if not self._ends_within(GRACE):
            self._kill()
            self._ends_within(GRACE)
        self.spare()

    def _ends_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not self._has_ended() and time.monotonic() < deadline:
            time.sleep(_POLL)
        return self._code is not None

    def _has_ended(self) -> bool:
        with self._lock:
            if self._code is None:
                self._code = self._template.exit_code(self._process)
            return self._code is not None

    def _kill(self) -> None:
        with self._lock:
            if self._code is None:
                for kill in (os.kill, os.killpg):
                    with suppress(ProcessLookupError, PermissionError):
                        kill(self._process, signal.SIGKILL)


class Children:
    """The children of one run. Children are started when they are needed, and are reused.

    Args:
        facts: The facts about the run.
    """

    def __init__(self, facts: RunFacts) -> None:
        self._template = Template(facts)
        self._lock = threading.Lock()
        self._idle: list[Child] = []
        self._all: set[Child] = set()
        self._is_closed = False

    def take(self) -> Child:
        """Return an idle child, or a new one."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        child = Child(self._template)
        with self._lock:
            self._all.add(child)
        return child

    def give_back(self, child: Child) -> None:
        """Make a child available for another try, unless the child is retired."""
        with self._lock:
            if not child.is_retired and not self._is_closed:
                self._idle.append(child)
                return
            self._all.discard(child)
        child.close()
        child.wait()

    def close(self) -> None:
        """End all children. Children that still execute a try are killed."""
        with self._lock:
            self._is_closed = True
            idle, busy = self._idle, self._all - set(self._idle)
        for child in busy:
            child.terminate()
        for child in idle:
            child.close()
        for child in [*idle, *busy]:
            child.wait()
        self._template.close()


def pickled(message: object) -> bytes:
    """Return the bytes of a message.

    Raises:
        TaskProcessError: A value in the message can't be pickled.
    """
    try:
        return pickle.dumps(message)
    except Exception as error:
        raise TaskProcessError(
            f"A value can't be sent to the process of the task: {type(error).__name__}: {error}. Use "
            "isolation='thread', or pass only values that can be pickled"
        ) from error


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _named(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def _reason_of(code: int) -> str:
    hint = {
        -signal.SIGKILL: ". The system kills a process when the memory is exhausted",
        -signal.SIGSEGV: ". Look for an error in a compiled package that the task uses",
    }.get(code, "")
    return f"The process of the task ended with {_named(code)}{hint}"
