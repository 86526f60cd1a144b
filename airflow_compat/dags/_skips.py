"""Finds the task instances that branches and short circuits skip."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from airflow_compat._airflow.graph import UNMAPPED, Graph, InstanceKey, TaskNode
from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.dags._decisions import FINAL_STATES
from airflow_compat.dags._expansion import is_expanded


@dataclass(frozen=True)
class Skip:
    """The instances of one task that a branch or short circuit skips.

    Attributes:
        map_index: The map index of the skipped instance; None if all instances are skipped.
        at_once: Whether an instance with the state upstream_failed is skipped, too. If False, only instances
            that have not ended are skipped.
    """

    task_id: str
    map_index: int | None
    at_once: bool

    def ends(self, state: str | None) -> bool:
        """Return True if an instance in this state is skipped now."""
        if self.at_once:
            return state not in {"running", "success", "failed", "skipped", "removed"}
        return state not in FINAL_STATES and state not in {"scheduled", "running", "deferred"}


class Skips:
    """The task instances of one run that are skipped, because a branch or short circuit upstream decided so.

    Airflow skips in two ways: operators set states (`SkipMixin`), and the scheduler skips tasks directly downstream,
    from the XCom of the operator (`NotPreviouslySkippedDep`). Both ways of skipping miss some instances:

    - Operators set only the states of instances that are not expanded. In Airflow 2, short circuits set the states of
      all instances, also of expanded ones.
    - The scheduler of 2.x looks for an XCom with the map index of the skipped instance. The scheduler of 3.x always
      looks for the map index -1, unless the upstream task itself is mapped.

    Args:
        graph: The DAG.
        airflow_version: "2" or "3".
    """

    def __init__(self, graph: Graph, airflow_version: AirflowVersion) -> None:
        self._graph = graph
        self._of_release = _skips_of_release_2 if airflow_version == "2" else _skips_of_release_3
        # For each task, the map indexes of the instances that are skipped; None means all instances.
        self._skipped: defaultdict[str, set[int | None]] = defaultdict(set)

    def add(self, key: InstanceKey, task_ids: frozenset[str]) -> list[Skip]:
        """Return the instances that a branch or short circuit skips after it has ended.

        Args:
            key: The task instance of the branch or short circuit.
            task_ids: The ids of the tasks that the branch or short circuit decided to skip.
        """
        node = self._graph.tasks[key.task_id]
        found = [skip for task_id in sorted(task_ids) for skip in self._of_release(node, key.map_index, task_id)]
        for skip in found:
            self._skipped[skip.task_id].add(skip.map_index)
        return found

    def add_all(self, task_id: str) -> None:
        """Skip all instances of a task."""
        self._skipped[task_id].add(None)

    def __contains__(self, key: InstanceKey) -> bool:
        return not self._skipped[key.task_id].isdisjoint((None, key.map_index))


def _skips_of_release_2(node: TaskNode, map_index: int, task_id: str) -> Iterator[Skip]:
    if not is_expanded(map_index):
        yield Skip(task_id, UNMAPPED if node.is_branch else None, at_once=True)
    elif task_id in node.downstream:
        yield Skip(task_id, map_index, at_once=node.is_branch)


def _skips_of_release_3(node: TaskNode, map_index: int, task_id: str) -> Iterator[Skip]:
    is_direct = task_id in node.downstream
    if not is_expanded(map_index):
        yield Skip(task_id, UNMAPPED, at_once=True)
        if is_direct:
            yield Skip(task_id, None, at_once=False)
    elif is_direct and node.expansion is not None:
        yield Skip(task_id, map_index, at_once=False)
