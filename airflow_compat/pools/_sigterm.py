"""SIGTERM while slots are held outside a flow: the code is left as by an exception, so that they are given back.

Python's own default ends the process at once, with the slots taken until their lease ends. Prefect handles the signal
while a flow runs, and whoever has set a handler of their own keeps it.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

_holds = 0
_lock = threading.Lock()


@contextmanager
def begun() -> Iterator[ExitStack]:
    """From here on the signal leaves the code, until the stack is closed: here, unless `pop_all` took it over."""
    with ExitStack() as stack:
        if _begin():
            stack.callback(_end)
        yield stack


def _begin() -> bool:
    global _holds  # noqa: PLW0603 - signals are the process's
    # Python lets only the main thread handle signals.
    if threading.current_thread() is not threading.main_thread():
        return False
    with _lock:
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, _leave)
        elif signal.getsignal(signal.SIGTERM) is not _leave:
            return False
        _holds += 1
    return True


def _end() -> None:
    global _holds  # noqa: PLW0603
    with _lock:
        _holds -= 1
        in_main = threading.current_thread() is threading.main_thread()
        if not _holds and in_main and signal.getsignal(signal.SIGTERM) is _leave:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _leave(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
    # What a shell reports for a process that this signal ended.
    raise SystemExit(128 + signum)
