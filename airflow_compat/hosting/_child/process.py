"""The processes of a host: one imports Airflow once and forks others, each of which runs one task at a time."""

from __future__ import annotations

import array
import contextlib
import ctypes
import gc
import importlib
import itertools
import os
import select
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from . import dag_files, messages, rewritten
from .channel import Channel, Closed

# The seconds that processes may take to end after SIGTERM.
_GRACE = 10.0


def main(end: socket.socket) -> None:
    """Import Airflow, and start processes until the run closes the socket."""
    channel = Channel(end)
    begin = time.monotonic()
    try:
        runner, version = _runner()
        rewritten.install()
    except BaseException:
        channel.send(messages.Broken(traceback.format_exc()))
        return
    seconds = time.monotonic() - begin
    python = ".".join(map(str, sys.version_info[:3]))
    channel.send(messages.Hello(messages.PROTOCOL, version, python, os.getpid(), seconds))
    _start_others(channel, runner)


def _start_others(channel: Channel, runner: Any, loaded: Any = None) -> None:
    """Fork a process at each request, until the run closes the socket.

    Args:
        channel: The channel.
        runner: The module that runs tasks with this release of Airflow: `airflow2` or `airflow3`.
        loaded: The `Load` message of the DAG file that this process has loaded, if any.
    """
    # Exclude imported objects from garbage collection, so that forked processes share the objects' memory.
    gc.collect()
    gc.freeze()
    end, started = channel.socket, set()
    try:
        while True:
            request = channel.receive()
            if isinstance(request, messages.HowEnded):
                channel.send(messages.Answer(_exit_code(request.pid)))
                started.discard(request.pid)
                continue
            if isinstance(request, messages.Describe):
                channel.send(messages.Answer(dag_files.describe(loaded.file, loaded.search_path)))
                continue
            # The run sends the socket only after this answer, because an ordinary read would lose a socket.
            channel.send(messages.Answer())
            given = _received_socket(end)
            pid = os.fork()
            if pid == 0:
                end.close()
                _serve(given, runner)
            given.close()
            started.add(pid)
            channel.send(messages.Answer(pid))
    except Closed:
        _end_all(started)


def _runner() -> tuple[Any, str]:
    import airflow

    release = "airflow2" if airflow.__version__.startswith("2.") else "airflow3"
    return importlib.import_module("." + release, __package__), airflow.__version__


def _received_socket(end: socket.socket) -> socket.socket:
    numbers = array.array("i")
    _, ancillary, _, _ = end.recvmsg(1, socket.CMSG_LEN(numbers.itemsize))
    numbers.frombytes(ancillary[0][2][: numbers.itemsize])
    return socket.socket(fileno=numbers[0])


def _exit_code(pid: int) -> int | None:
    deadline = time.monotonic() + 2.0
    while time.monotonic() < deadline:
        try:
            found, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return None
        if found:
            return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        time.sleep(0.01)
    return None


def _end_all(pids: set[int]) -> None:
    """End the processes that this process has started, after the run has closed the socket."""
    for number, seconds in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, 0.0)):
        for pid in pids:
            with contextlib.suppress(OSError):
                os.killpg(pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(_is_alive(pid) for pid in pids):
            time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return os.waitpid(pid, os.WNOHANG)[0] == 0
    return False


# -- The code of a process that runs tasks


def _serve(end: socket.socket, runner: Any) -> None:
    """Run tasks, or start processes that do, until the run closes the socket. Never returns."""
    code = 0
    try:
        os.setsid()
        gc.unfreeze()
        _adopt_orphans()
        pid = os.getpid()
        channel = Channel(end)
        first = channel.receive()
        if isinstance(first, messages.Load):
            _load(channel, runner, first)
            raise Closed
        os.register_at_fork(after_in_child=end.close)
        threading.Thread(target=_watch, args=(end, pid), daemon=True).start()
        runner.prepare(channel)
        for request in itertools.chain([first], iter(channel.receive, None)):
            if isinstance(request, messages.RunTriggers):
                runner.run_triggers(channel)
            elif isinstance(request, messages.Providers):
                channel.send(messages.Answer(_providers()))
            elif isinstance(request, messages.Resolve):
                channel.send(messages.Answer(_unresolved(request)))
            else:
                with _restored():
                    run = runner.run_task if isinstance(request, messages.RunTask) else runner.call_dag_callbacks
                    run(channel, request)
                if os.getpid() != pid:
                    # The task has forked this process, and the call has returned in it, too. End the process.
                    break
                channel.send(messages.Free(has_leftovers=_has_leftovers()))
    except Closed:
        pass
    except BaseException:
        code = 1
        with contextlib.suppress(BaseException):
            channel.send(messages.Broken(traceback.format_exc()))
    os._exit(code)


def _load(channel: Channel, runner: Any, request: Any) -> None:
    """Load a DAG file. From then on, start processes that have the file already loaded."""
    runner.connect(channel)
    dag_files.load(request.file, request.search_path)
    _load_plugins()
    channel.send(messages.Answer())
    _start_others(channel, runner, request)


def _load_plugins() -> None:
    """Load Airflow's plugins now: otherwise each forked process would load them in its first task."""
    for name in ("airflow.sdk.plugins_manager", "airflow.plugins_manager"):
        with contextlib.suppress(ImportError, AttributeError):
            importlib.import_module(name).integrate_macros_plugins()
            return


def _watch(end: socket.socket, pid: int) -> None:
    """End this process as soon as the run closes the socket's other end, even while a task runs."""
    poll = select.poll()
    poll.register(end, getattr(select, "POLLRDHUP", 0))
    poll.poll()
    # Don't wait for ended child processes here, so that the system does not reuse their process ids.
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGTERM)
    time.sleep(_GRACE)
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


def _adopt_orphans() -> None:
    """Become the parent of descendants whose own parent has ended, so that they can be found (Linux: prctl(2))."""
    with contextlib.suppress(Exception):
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


@contextlib.contextmanager
def _restored() -> Any:
    """After the block, restore what a task may change: environment, working folder, `sys.path`, signals and timer."""
    environment, folder, path = dict(os.environ), str(Path.cwd()), list(sys.path)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        sys.path[:] = path


def _has_leftovers() -> bool:
    """Return True if the task left threads or child processes running."""
    # The expected threads: the main thread, and those that watch the socket and the output.
    if threading.active_count() > 3:
        return True
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _providers() -> list[list[str]]:
    from importlib import metadata

    named = ((dist.metadata["Name"] or "", dist.version) for dist in metadata.distributions())
    return sorted([name, version] for name, version in named if name.startswith("apache-airflow-providers-"))


def _unresolved(request: Any) -> dict[str, str]:
    from importlib import import_module

    found = {}
    sys.path[:0] = [folder for folder in request.search_path if folder not in sys.path]
    for name in request.names:
        module, _, attribute = name.rpartition(".")
        try:
            getattr(import_module(module), attribute)
        except BaseException as error:
            found[name] = f"{type(error).__name__}: {error}"
    return found
