"""Who holds a limit's slots, for the many who wait for them: one of them asks, and all are told."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from .._specs.pool_state import held_by
from .._specs.specs import LimitSpec
from ..errors import ServerError
from .overview import read_holders

# As late as the server's events are.
_FRESH_SECONDS = 5.0


@dataclass
class _Answer:
    text: str = ""
    read_at: float = float("-inf")
    lock: threading.Lock = field(default_factory=threading.Lock)


class Holders:
    """Remembers what was read for a moment."""

    def __init__(self) -> None:
        self._answers: dict[str, _Answer] = {}

    def held_by(self, limit: LimitSpec) -> str:
        """Who holds the slots of a limit since when, in words."""
        answer = self._answers.setdefault(limit.name, _Answer())
        with answer.lock:
            if time.monotonic() - answer.read_at > _FRESH_SECONDS:
                try:
                    answer.text = held_by(read_holders(limit.id, limit.limit))
                except ServerError as exc:
                    answer.text = f"who holds them can't be asked: {exc}"
                answer.read_at = time.monotonic()
            return answer.text
