"""Graphs made from short descriptions, and runs of them whose task instances end as told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from airflow_compat._airflow.graph import Graph, GroupNode, InstanceKey, TaskNode
from airflow_compat.dags._decisions import Decision, NeedsLength, Ready, RunEnded
from airflow_compat.dags._progress import Ending, Progress


def graph_of_edges(
    edges: Iterable[tuple[str, str]],
    *,
    tasks: Mapping[str, Mapping[str, Any]] | None = None,
    groups: Iterable[GroupNode] = (),
    fail_fast: bool = False,
) -> Graph:
    """A graph of tasks that are named in edges or in `tasks`, which gives their fields."""
    edges, tasks = list(edges), tasks or {}
    nodes = {
        task_id: TaskNode(
            task_id,
            upstream=frozenset(above for above, below in edges if below == task_id),
            downstream=frozenset(below for above, below in edges if above == task_id),
            **tasks.get(task_id, {}),
        )
        for task_id in dict.fromkeys([*tasks, *(task_id for edge in edges for task_id in edge)])
    }
    return Graph("etl", nodes, groups={group.group_id: group for group in groups}, fail_fast=fail_fast)


def key(task_id: str, map_index: int = -1) -> InstanceKey:
    return InstanceKey(task_id, map_index)


class Rounds(Progress):
    """Decides one round per call, as `dag.test()` does: what a round settles counts after what it started has ended."""

    _is_expanding = False

    def expanded(self, node_id: str, length: int | None) -> list[Decision]:
        # Airflow expands within a round.
        self._is_expanding = True
        try:
            return super().expanded(node_id, length)
        finally:
            self._is_expanding = False

    def _decide(self) -> list[Decision]:
        if not self._is_expanding:
            self._count_changes()
        self._evaluate_changed()
        return self._decided()


def run(
    progress: Progress,
    end: Callable[[InstanceKey], Ending | None],
    length: Callable[[str], int | None] = lambda node_id: None,
) -> RunEnded:
    """Run to the end; all ready instances end before the next decisions.

    Args:
        progress: A run that has not begun.
        end: Ends a try of an instance; returns None if the instance is to be tried again in the next round.
        length: The length of a mapped task or group that depends on XComs.
    """
    decisions = progress.begin()
    retries: list[InstanceKey] = []
    while True:
        ready: list[InstanceKey] = []
        while decisions:
            decision = decisions.pop(0)
            if isinstance(decision, RunEnded):
                return decision
            if isinstance(decision, NeedsLength):
                decisions += progress.expanded(decision.node_id, length(decision.node_id))
            elif isinstance(decision, Ready):
                ready.append(decision.key)
        ended = {key: end(key) for key in [*retries, *ready]}
        retries = [key for key, ending in ended.items() if ending is None]
        decisions = progress.ended_together([ending for ending in ended.values() if ending is not None])
