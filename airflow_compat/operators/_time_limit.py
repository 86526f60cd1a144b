"""Ends an execution that takes too long, as `airflow.sdk.execution_time.timeout` does."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

from ..exceptions import AirflowTaskTimeout


@contextlib.contextmanager
def time_limit(seconds: float | None, on_kill: Callable[[], None], *, message: str) -> Iterator[None]:
    """If the block runs for longer than `seconds`, call `on_kill`, and raise `AirflowTaskTimeout` in the block.

    In the main thread, a signal interrupts the block immediately. In another thread, Python can raise the error only
    after a running call of the operating system, such as `time.sleep`, has returned. For a block in another thread,
    `on_kill` runs immediately, in a new thread, because the block may be waiting for a child process that `on_kill`
    ends.

    Raises:
        AirflowTaskTimeout: The block has run for longer than `seconds`.
    """
    if seconds is None:
        yield
        return
    if seconds <= 0:
        on_kill()
        raise AirflowTaskTimeout(message)
    is_main = threading.current_thread() is threading.main_thread()
    limit = _by_signal(seconds) if is_main else _by_thread(seconds, on_kill)
    try:
        with limit:
            yield
    except AirflowTaskTimeout as error:
        error.args = error.args or (message,)
        if is_main:
            on_kill()
        raise


@contextlib.contextmanager
def _by_signal(seconds: float) -> Iterator[None]:
    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        raise AirflowTaskTimeout

    previous = signal.signal(signal.SIGALRM, end)
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    start = time.monotonic()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        if left:
            # Restart the timer of an enclosing time limit with the time that is left, which may be none.
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - start), 0.001))


@contextlib.contextmanager
def _by_thread(seconds: float, on_kill: Callable[[], None]) -> Iterator[None]:
    thread = ctypes.c_ulong(threading.get_ident())
    lock = threading.Lock()
    is_over = False

    def end() -> None:
        with lock:
            if is_over:
                return
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(AirflowTaskTimeout))
        on_kill()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            is_over = True
        timer.cancel()
