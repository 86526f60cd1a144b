"""Processes that tests start."""

from __future__ import annotations

import signal
import subprocess
from typing import Any


def end(process: subprocess.Popen[Any], number: signal.Signals = signal.SIGINT) -> None:
    """Send a signal and wait until the process ends. After four minutes, kill it and raise `TimeoutExpired`."""
    process.send_signal(number)
    try:
        process.wait(240)
    finally:
        process.kill()
        process.wait()
