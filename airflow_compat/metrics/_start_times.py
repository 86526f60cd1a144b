"""When the runs of this process began, for how long they took; and when a flow run's first task did."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

# A run that dies leaves its beginning behind.
MOST = 10_000

T = TypeVar("T")


class Beginnings(Generic[T]):
    """The beginnings by a run's id, each until it is asked for."""

    def __init__(self) -> None:
        self._at: dict[UUID, T] = {}

    def __contains__(self, run_id: object) -> bool:
        return run_id in self._at

    def begin(self, run_id: UUID, at: T) -> None:
        """It begins at this moment."""
        if len(self._at) >= MOST:
            self._at.pop(next(iter(self._at)), None)
        self._at[run_id] = at

    def taken(self, run_id: UUID) -> T | None:
        """When that was; None where its beginning wasn't seen."""
        return self._at.pop(run_id, None)


class FirstStarts:
    """When the first task of a flow run began, for those flow runs in which it is looked at."""

    def __init__(self) -> None:
        self._at: dict[UUID, datetime | None] = {}

    def watch(self, flow_run_id: UUID) -> None:
        """Look at this one."""
        if len(self._at) >= MOST:
            self._at.pop(next(iter(self._at)), None)
        self._at[flow_run_id] = None

    def note(self, flow_run_id: UUID | None, start: datetime | None) -> None:
        """A task of it began."""
        # Most flow runs aren't looked at, and each task comes by.
        if self._at and start and flow_run_id is not None and self._at.get(flow_run_id, start) is None:
            self._at[flow_run_id] = start

    def taken(self, flow_run_id: UUID) -> datetime | None:
        """When it was; None where none began, or nobody looked."""
        return self._at.pop(flow_run_id, None)
