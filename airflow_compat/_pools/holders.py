"""Who holds a limit's slots, for the many who wait for them: one request at a time, whose answer is for all."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future

from .._specs.pool_state import held_by
from .._specs.specs import LimitSpec
from ..errors import ServerError
from . import aside
from .overview import read_holders

# As late as the server's events are.
_FRESH_SECONDS = 5.0


class Holders:
    """Remembers for a moment what was read."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[Future[str], float]] = {}
        self._lock = threading.Lock()

    def ask(self, limit: LimitSpec) -> Future[str]:
        """Who holds the slots of a limit since when, in words."""
        with self._lock:
            answer, asked_at = self._answers.get(limit.name, (None, 0.0))
            if answer is None or (answer.done() and time.monotonic() - asked_at > _FRESH_SECONDS):
                answer = aside.start(lambda: _read(limit))
                self._answers[limit.name] = answer, time.monotonic()
            return answer


def _read(limit: LimitSpec) -> str:
    try:
        return held_by(read_holders(limit.id, limit.limit))
    except ServerError as exc:
        return f"who holds them can't be asked: {exc}"
