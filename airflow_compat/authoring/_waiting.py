"""The clock of sensors, which a run can replace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timezone


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Clock:
    """The functions with which sensors wait and read the time.

    Attributes:
        wait: Waits for a number of seconds.
        monotonic: Returns the seconds of a monotonic clock.
        now: Returns the current time.
    """

    wait: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = _now


_clock: ContextVar[Clock | None] = ContextVar("airflow_compat_clock", default=None)


@contextmanager
def waiting_by(clock: Clock) -> Iterator[None]:
    """Make sensors that run in the `with` block use another clock."""
    token = _clock.set(clock)
    try:
        yield
    finally:
        _clock.reset(token)


def current_clock() -> Clock:
    return _clock.get() or Clock()
