"""When the runs of this process began, for how long they took."""

from __future__ import annotations

import time
from uuid import UUID

# A run that dies leaves its beginning behind.
MOST = 10_000


class Beginnings:
    """The beginnings by a run's id, each until it is asked for."""

    def __init__(self) -> None:
        self._at: dict[UUID, float] = {}

    def __contains__(self, run_id: object) -> bool:
        return run_id in self._at

    def begin(self, run_id: UUID) -> None:
        """It begins now."""
        if len(self._at) >= MOST:
            self._at.pop(next(iter(self._at)), None)
        self._at[run_id] = time.perf_counter()

    def end(self, run_id: UUID) -> float | None:
        """The milliseconds since; None where its beginning wasn't seen."""
        began = self._at.pop(run_id, None)
        return None if began is None else 1000 * (time.perf_counter() - began)
