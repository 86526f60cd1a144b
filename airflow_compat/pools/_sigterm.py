"""Turns SIGTERM into an exception while the main thread holds slots outside a flow.

By default, SIGTERM ends the process, and the slots stay taken until their lease ends. Prefect handles the signal during
a flow run. Signal handlers that users installed are kept.
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
    """Turn SIGTERM into `SystemExit` until the yielded stack is closed.

    The stack is closed when the block ends. To keep SIGTERM changed for longer, the caller moves the callbacks to a new
    stack with `pop_all`, and closes the new stack later.
    """
    with ExitStack() as stack:
        if _begin():
            stack.callback(_end)
        yield stack


def _begin() -> bool:
    global _holds  # noqa: PLW0603 - signal handlers are global
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
    # The exit status that a shell reports for this signal.
    raise SystemExit(128 + signum)
