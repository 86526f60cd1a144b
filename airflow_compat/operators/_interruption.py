"""Interrupts a task that runs in another thread, as far as Python allows."""

from __future__ import annotations

import ctypes
import logging
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

_raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
# Seconds. A handler may wait for a slow network.
_LONGEST_LOGGING, _PAUSE = 5.0, 0.0005


class Interruptible:
    """A block of code that other threads can interrupt. Only one thread at a time may run the block."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: int | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Allow other threads to interrupt the `with` block."""
        thread = threading.get_ident()
        self._thread = thread
        try:
            yield
        finally:
            with self._lock:
                self._thread = None
                # Cancel an exception that Python has not raised yet: it must not be raised in the code after the block.
                _raise_in(ctypes.c_ulong(thread), None)

    def interrupt(self, error: type[BaseException]) -> None:
        """Raise an exception in the thread that runs the block, if the block is running.

        Python raises the exception only when the block's thread runs Python code again. If the thread is in a call of
        the operating system, the call returns first. If the thread writes a log record, it finishes this first: an
        exception between two steps of `logging` can leave the lock of a handler locked, and then all threads that log
        wait forever.
        """
        deadline = time.monotonic() + _LONGEST_LOGGING
        while not self._raised(error, anywhere=time.monotonic() >= deadline):
            time.sleep(_PAUSE)

    def _raised(self, error: type[BaseException], *, anywhere: bool) -> bool:
        """Raise the exception, unless the block has ended. Return False if the thread writes a log record."""
        with self._lock:
            if self._thread is None:
                return True
            if not anywhere and _is_logging(self._thread):
                return False
            _raise_in(ctypes.c_ulong(self._thread), ctypes.py_object(error))
            return True


def _is_logging(thread: int) -> bool:
    frame = sys._current_frames().get(thread)
    return frame is not None and any(
        each.f_code.co_filename == logging.__file__ for each, _ in traceback.walk_stack(frame)
    )
