"""Stop code that runs for too long, as Airflow does when it imports a DAG file."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

# The code may catch the exception, so it is raised again and again.
_AGAIN = 0.1


class TimeLimitError(BaseException):
    """The time limit is exceeded.

    The class is derived from BaseException, so that `except Exception` in the code does not catch it.
    """


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """In a `with` block, raise `TimeLimitError` after this time; 0 sets no limit.

    In the main thread, a signal interrupts blocking calls, too. In other threads, only Python code is interrupted: a
    blocking call is interrupted after it has returned.
    """
    if seconds <= 0:
        yield
    elif threading.current_thread() is threading.main_thread() and signal.getitimer(signal.ITIMER_REAL)[0] == 0:
        with _by_signal(seconds):
            yield
    else:
        with _by_thread(seconds):
            yield


@contextmanager
def _by_signal(seconds: float) -> Iterator[None]:
    def interrupt(_: int, __: FrameType | None) -> None:
        raise TimeLimitError

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _by_thread(seconds: float) -> Iterator[None]:
    target = ctypes.c_ulong(threading.get_ident())
    ended, raised = threading.Event(), threading.Event()
    lock = threading.Lock()

    def watch() -> None:
        wait = seconds
        while not ended.wait(wait):
            with lock:
                if not ended.is_set():
                    raised.set()
                    _raise_in(target)
            wait = _AGAIN

    watcher = threading.Thread(target=watch, name="airflow-compat-time-limit", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        while watcher.is_alive():
            with suppress(TimeLimitError):
                with lock:
                    ended.set()
                watcher.join()
        if raised.is_set():
            # If the exception was requested but not raised yet, it is raised here. If the request were cancelled
            # instead, the interpreter's flag for it would stay set, and profilers would hang.
            with suppress(TimeLimitError):
                _raise_in(target)
                while True:
                    pass


def _raise_in(thread: ctypes.c_ulong) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(TimeLimitError))
