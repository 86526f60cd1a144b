"""One waiter's request for slots, and the time left until its timeout."""

from __future__ import annotations

import time
from dataclasses import dataclass
from shlex import quote

from ..errors import PoolTimeoutError
from ._override import PoolRequest
from ._state import count_slots

ANSWER_SECONDS = 10.0
"""How many seconds longer than the timeout a busy server may take for its first answer."""


@dataclass(frozen=True)
class SlotRequest(PoolRequest):
    """A request for slots on a server.

    Attributes:
        own: The number of the pool's slots that the waiting code already holds.
        started: The start of the wait, in seconds of the monotonic clock.
    """

    own: int
    started: float

    def waited(self) -> float:
        return time.monotonic() - self.started

    def left(self, *, answered: bool) -> float:
        if self.timeout is None:
            return float("inf")
        return max(0.0, self.timeout + (0.0 if answered else ANSWER_SECONDS) - self.waited())

    def too_late(self, reason: str = "") -> PoolTimeoutError:
        return PoolTimeoutError(
            f"Pool {self.pool!r} did not give {count_slots(self.slots)} within {self.timeout:g} seconds"
            f"{reason and '; '}{reason}. Wait longer, or run `airflow-compat pools list {quote(self.pool)}`"
        )

    def no_answer(self) -> PoolTimeoutError:
        return self.too_late("the server was too busy to answer")
