"""Delays of task instances in the loop of a run."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Container

from .._airflow.graph import InstanceKey


class Timers:
    """Task instances with delays, each with the time of the monotonic clock at which the delay ends.

    Only the thread of the run's loop uses this object.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, InstanceKey]] = []
        self._numbers = itertools.count()

    def add(self, key: InstanceKey, seconds: float) -> None:
        """Add an instance with its delay."""
        heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._numbers), key))

    def next(self) -> float | None:
        """Return the time at which the next delay ends; None if there is no delay."""
        return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> InstanceKey | None:
        """Remove and return an instance whose delay is over; None if there is none."""
        return heapq.heappop(self._heap)[2] if self._heap and self._heap[0][0] <= now else None

    def remove(self, keys: Container[InstanceKey]) -> set[InstanceKey]:
        """Cancel the delays of these instances, and return the instances that had one."""
        removed = {each[2] for each in self._heap if each[2] in keys}
        self._heap = [each for each in self._heap if each[2] not in removed]
        heapq.heapify(self._heap)
        return removed

    def clear(self) -> None:
        """Stop all waits."""
        self._heap.clear()
