"""Repeats a call until it returns the awaited value or no longer fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")


def poll_until(read: Callable[[], T], done: Callable[[T], bool], *, within: float, every: float) -> T:
    """Call `read` until `done` accepts its value or the time is up, and return the last value.

    Args:
        read: A function that is called at least once, and a last time after the time is up.
        done: A function that returns True for the awaited value.
        within: How long to wait, in seconds; zero or less for one call.
        every: The pause between calls, in seconds.
    """
    until = time.monotonic() + within
    while not done(value := read()) and time.monotonic() < until:
        time.sleep(every)
    return value


def retry_on(error: type[Exception], call: Callable[[], T], *, within: float, pauses: Iterator[float]) -> T:
    """Call a function again while it raises the given error, and return its value.

    Args:
        error: The error to retry on.
        call: The function.
        within: For how many seconds the call is repeated before the error is raised.
        pauses: An endless iterator of the pauses between calls, in seconds.
    """
    until = time.monotonic() + within
    while True:
        try:
            return call()
        except error:
            if time.monotonic() > until:
                raise
            time.sleep(next(pauses))
