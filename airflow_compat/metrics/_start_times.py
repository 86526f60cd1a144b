"""Stores the start times of this process's runs, and of the first task of each flow run."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

# The maximum number of stored start times. Without a maximum, start times would accumulate, because those of runs that
# don't end normally are never removed.
MOST = 10_000

T = TypeVar("T")


class StartTimes(Generic[T]):
    """Stores the start times of runs by run id. `taken` returns a start time and removes it from the store."""

    def __init__(self) -> None:
        self._at: dict[UUID, T] = {}

    def __contains__(self, run_id: object) -> bool:
        return run_id in self._at

    def begin(self, run_id: UUID, at: T) -> None:
        if len(self._at) >= MOST:
            self._at.pop(next(iter(self._at)), None)
        self._at[run_id] = at

    def taken(self, run_id: UUID) -> T | None:
        return self._at.pop(run_id, None)


class FirstTaskStarts(StartTimes[datetime | None]):
    """The time at which the first task started, for each flow run for which `watch` was called."""

    def watch(self, flow_run_id: UUID) -> None:
        self.begin(flow_run_id, None)

    def note(self, flow_run_id: UUID | None, start: datetime | None) -> None:
        # This must be fast, because it is called for each task run, also in the many flow runs that `watch` was not
        # called for.
        if self._at and start and flow_run_id is not None and self._at.get(flow_run_id, start) is None:
            self._at[flow_run_id] = start
