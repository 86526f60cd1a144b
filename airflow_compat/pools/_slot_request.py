"""What one waiter wants of a pool, and how long it waits."""

from __future__ import annotations

import time
from dataclasses import dataclass
from shlex import quote

from .._specs.pool_state import count_slots
from ..errors import PoolTimeoutError

ANSWER_SECONDS = 10.0
"""A server under load may take this long for the first answers, even if the timeout is shorter."""


@dataclass(frozen=True)
class Wish:
    """What is waited for.

    Attributes:
        pool: The pool's name.
        limit_name: The name of its limit.
        slots: How many slots are wanted.
        priority_weight: The higher it is, the earlier this is served.
        timeout: The seconds to wait at most, or None.
        own: How many of the pool's slots the waiting code holds already.
        started: When the wait began, in seconds of the monotonic clock.
    """

    pool: str
    limit_name: str
    slots: int
    priority_weight: int
    timeout: float | None
    own: int
    started: float

    def waited(self) -> float:
        """The seconds since the wait began."""
        return time.monotonic() - self.started

    def left(self, *, answered: bool) -> float:
        """The seconds until the time is up; infinite without a timeout, 0 when it is up.

        Args:
            answered: Whether the server has answered the first request for slots.
        """
        if self.timeout is None:
            return float("inf")
        return max(0.0, self.timeout + (0.0 if answered else ANSWER_SECONDS) - self.waited())

    def too_late(self, reason: str = "") -> PoolTimeoutError:
        """The error for a waiter whose time is up.

        Args:
            reason: Why the slots were not free, if that is known.
        """
        return PoolTimeoutError(
            f"pool {self.pool!r}: {count_slots(self.slots)} could not be had within {self.timeout:g} seconds"
            f"{reason and '; '}{reason}. Wait longer, or see `airflow-compat pools list {quote(self.pool)}`"
        )

    def no_answer(self) -> PoolTimeoutError:
        """The error for a waiter whose time is up before the server has answered."""
        return self.too_late("the server was too busy to answer")
