"""The parts of a process's state that a task may change. The state is restored before the next task."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ProcessState:
    """The environment, working directory, umask, signal handlers and search path of this process."""

    environ: Mapping[str, str]
    folder: Path
    umask: int
    handlers: Mapping[signal.Signals, Any]
    path: tuple[str, ...]

    @classmethod
    def now(cls) -> ProcessState:
        """Return the current state."""
        umask = os.umask(0)
        os.umask(umask)
        return cls(dict(os.environ), Path.cwd(), umask, _handlers(), tuple(sys.path))

    def restore(self) -> None:
        """Restore this state. The caller must be in the main thread."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in _handlers().items():
            if handler is not self.handlers[number]:
                signal.signal(number, self.handlers[number])
        if os.environ != self.environ:
            os.environ.clear()
            os.environ.update(self.environ)
        # A task may have removed the folder.
        with suppress(OSError):
            os.chdir(self.folder)
        os.umask(self.umask)
        sys.path[:] = self.path


def _handlers() -> dict[signal.Signals, Any]:
    """Return the signal handlers that were set from Python. Python code can restore only these handlers."""
    found = {number: signal.getsignal(number) for number in signal.Signals if number in signal.valid_signals()}
    return {number: handler for number, handler in found.items() if handler is not None}
