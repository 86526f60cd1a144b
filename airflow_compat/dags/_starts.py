"""Decides when ready task instances start: after their delays, with slots of their pools, within the run's limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, KeysView
from typing import TYPE_CHECKING

from .._airflow.graph import InstanceKey
from ._events import Continuing, Due, Event, Refused
from ._pool_slots import PoolSlots
from ._queue import ReadyQueue
from ._timers import Timers

if TYPE_CHECKING:
    from ._past_runs import PastRuns
    from ._run import DagRunState
    from ._waits import Waits


class Starts:
    """Holds the ready task instances of one run until they may start.

    All methods are called from the thread of the loop.

    Args:
        run: The run.
        past: The DAG's earlier runs, for which tasks may have to wait.
        waits: The event loop in which instances wait for slots of pools.
        put: A function that sends an event to the loop of the run.
    """

    def __init__(self, run: DagRunState, past: PastRuns, waits: Waits, put: Callable[[Event], None]) -> None:
        self._records, self._past, self._put = run.records, past, put
        max_active = run.dag.max_active_tasks
        self._timers = Timers()
        self._pools = PoolSlots(run.graph, max_active, waits, lambda key, error: put(Refused(key, error)))
        self._queue = ReadyQueue(run.graph, max_active)
        self._goers: dict[InstanceKey, Callable[[], None]] = {}
        self._is_stopping = False

    def schedule(self, key: InstanceKey) -> None:
        """Let a ready instance start as soon as possible: if an earlier try failed, after the delay."""
        earlier = self._records.latest(key)
        delay = (earlier.retry_at or 0.0) - time.time() if earlier and not earlier.is_final else 0.0
        if delay <= 0 and not self._is_stopping:
            delay = self._past.seconds_to_wait(key)
        if delay > 0:
            self._timers.add(key, delay)
        else:
            self._pools.acquire(key, lambda: self._put(Due(key)))

    def schedule_again(self, continuing: Continuing) -> None:
        """Let a try continue after a wait, as soon as its instance has slots again."""
        self._pools.acquire(continuing.key, lambda: self._put(Due(continuing.key, continuing)))

    def queue(self, due: Due) -> None:
        """Add an instance to the queue after it has received its slots."""
        if due.continuing is not None:
            self._goers[due.key] = due.continuing.go
        self._queue.add(due.key)

    def next(self) -> tuple[InstanceKey, Callable[[], None] | None] | None:
        """Return the next instance, and a function that continues its try after a wait.

        The instance now counts as active.

        Return None if no instance may start.
        """
        key = self._queue.next()
        return None if key is None else (key, self._goers.pop(key, None))

    def next_moment(self) -> float | None:
        """Return the time at which the next delay ends; None if there is no delay."""
        return self._timers.next()

    def due(self, now: float) -> InstanceKey | None:
        """Remove and return an instance whose delay is over; None if there is none."""
        return self._timers.due(now)

    def are_blocked(self, active: KeysView[InstanceKey]) -> bool:
        """Return True if all these instances wait for the previous run, which may need the slot of the current run."""
        return self._past.is_everything(active)

    def give_back(self, key: InstanceKey) -> None:
        """Stop counting an instance as active, and give back its slots of pools."""
        self._queue.release(key)
        self._pools.release(key)

    def end_delays(self, keys: Collection[InstanceKey]) -> set[InstanceKey]:
        """Cancel the delays of these instances, and return the instances that had one."""
        return self._timers.remove(keys)

    def drop(self, key: InstanceKey) -> None:
        """Remove a waiting instance, unless it waits for a delay, or stop counting an instance as active."""
        self._goers.pop(key, None)
        self._queue.drop(key)
        self._past.drop(key)
        self.give_back(key)

    def stop(self) -> None:
        """Cancel all delays. Instances that are scheduled from now on ignore previous runs."""
        self._is_stopping = True
        self._timers.clear()
        self._queue.clear()

    def close(self) -> None:
        """Give back all slots of pools."""
        self._pools.close()
