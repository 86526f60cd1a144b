"""Lets a command end cleanly after a signal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def signals_raise() -> Iterator[None]:
    """In the main thread, raise `SystemExit` in the decorated command after the first SIGTERM or SIGHUP.

    The exit code is 128 plus the number of the signal, as in a shell. A signal that is ignored, such as SIGHUP after
    `nohup`, or that has another handler keeps its effect.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    changed = [each for each in _SIGNALS if signal.getsignal(each) is signal.SIG_DFL]

    def end(number: int, _: FrameType | None) -> None:
        # A second signal must not interrupt the code that cleans up.
        for each in changed:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(128 + number)

    for each in changed:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each in changed:
            signal.signal(each, signal.SIG_DFL)
