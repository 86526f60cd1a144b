"""The order in which ready task instances start: higher priorities first, within the limits of the run."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict

from airflow_compat._airflow.graph import Graph, InstanceKey


class ReadyQueue:
    """Task instances that wait to become active.

    Args:
        graph: The DAG, with the priorities and limits of its tasks.
        max_active: The maximum number of active task instances of the run.
    """

    def __init__(self, graph: Graph, max_active: int) -> None:
        self._graph = graph
        self._max_active = max_active
        self._heap: list[tuple[int, int, InstanceKey]] = []
        self._order = 0
        # Waiting instances of tasks that have reached their own limit of active instances.
        self._held: defaultdict[str, list[tuple[int, int, InstanceKey]]] = defaultdict(list)
        # The heap entries that are still valid. The heap also contains entries of dropped instances.
        self._entries: dict[InstanceKey, tuple[int, int, InstanceKey]] = {}
        self._active: set[InstanceKey] = set()
        self._of_task: Counter[str] = Counter()

    def add(self, key: InstanceKey) -> None:
        """Add a ready instance, unless it is already waiting."""
        if key not in self._entries:
            self._order += 1
            self._entries[key] = entry = (-self._graph.tasks[key.task_id].priority, self._order, key)
            heapq.heappush(self._heap, entry)

    def drop(self, key: InstanceKey) -> None:
        """Remove an instance, if it waits."""
        self._entries.pop(key, None)

    def next(self) -> InstanceKey | None:
        """Return the next instance to start, and count it as active; None if no instance can start."""
        while self._heap and len(self._active) < self._max_active:
            entry = heapq.heappop(self._heap)
            key = entry[2]
            if self._entries.get(key) is not entry:
                self._let_in(key.task_id)
            elif self._has_room(key.task_id):
                del self._entries[key]
                self._active.add(key)
                self._of_task[key.task_id] += 1
                return key
            else:
                heapq.heappush(self._held[key.task_id], entry)
        return None

    def release(self, key: InstanceKey) -> None:
        """Stop counting an instance as active."""
        if key in self._active:
            self._active.discard(key)
            self._of_task[key.task_id] -= 1
            self._let_in(key.task_id)

    def clear(self) -> None:
        """Remove all waiting instances."""
        self._heap.clear()
        self._held.clear()
        self._entries.clear()

    def _let_in(self, task_id: str) -> None:
        """If a task has fewer active instances than its limit, move its next waiting instance to the heap."""
        if self._held[task_id] and self._has_room(task_id):
            heapq.heappush(self._heap, heapq.heappop(self._held[task_id]))

    def _has_room(self, task_id: str) -> bool:
        node = self._graph.tasks[task_id]
        limits = (node.max_active_tis_per_dag, node.max_active_tis_per_dagrun)
        return all(limit is None or self._of_task[task_id] < limit for limit in limits)
