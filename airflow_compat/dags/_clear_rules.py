"""Selects the task instances of a "clear", by Airflow's rules.

The rules are those of `clearTaskInstances` in the REST API and of `SerializedDAG.clear`, both of Airflow 3.3.2. When a
task is cleared, its setups and their teardowns are cleared, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from airflow_compat._airflow.graph import Graph, InstanceKey
from airflow_compat.dags._expansion import Lengths, is_expanded
from airflow_compat.dags._relations import Relations
from airflow_compat.errors import DagRunRequestError

FAILED = ("failed", "upstream_failed")
"""The states of the task instances that a clear of failed task instances includes."""


@dataclass(frozen=True)
class Selection:
    """The task instances to clear.

    Attributes:
        task_ids: The tasks; empty for all tasks of the run.
        map_index: The map index of the selected instance of mapped tasks; unmapped tasks are left out. None selects all
            instances.
        upstream: Whether upstream tasks are cleared, too.
        downstream: Whether downstream tasks are cleared, too.
        failed: Whether only instances that are failed or upstream_failed are cleared.
    """

    task_ids: tuple[str, ...] = ()
    map_index: int | None = None
    upstream: bool = False
    downstream: bool = False
    failed: bool = False


@dataclass(frozen=True)
class Selected:
    """The selected task instances: all instances of the tasks in `task_ids`, and those in `instances`."""

    task_ids: frozenset[str]
    instances: frozenset[InstanceKey]

    def __contains__(self, key: InstanceKey) -> bool:
        return key.task_id in self.task_ids or key in self.instances


def select(selection: Selection, graph: Graph, lengths: Lengths) -> Selected:
    """Return the tasks and task instances that a selection contains, regardless of their states.

    Args:
        selection: The selection. All tasks that the selection names must be in the DAG.
        graph: The DAG.
        lengths: The known lengths of mapped tasks and groups.
    """
    relatives = _Relatives(graph, lengths)
    tasks, instances = set(selection.task_ids or graph.tasks), set[InstanceKey]()
    if selection.map_index is not None:
        # As in Airflow, the map index of an unmapped task is -1.
        instances = {InstanceKey(task_id, selection.map_index) for task_id in tasks if lengths.is_mapped(task_id)}
        tasks = set()
    for upstream in [True] * selection.upstream + [False] * selection.downstream:
        found = relatives.of_all(tasks, instances, upstream=upstream)
        tasks |= found.task_ids
        instances |= found.instances
    for task_id in tasks | {key.task_id for key in instances}:
        tasks |= relatives.setups_and_teardowns(task_id) - {key.task_id for key in instances}
    return Selected(frozenset(tasks), frozenset(key for key in instances if key.task_id not in tasks))


def check_map_index(selection: Selection, instances: Iterable[InstanceKey]) -> None:
    """Check that a selected task has an instance with the map index of the selection, if the selection has one.

    Args:
        selection: The selection.
        instances: The task instances of the run.

    Raises:
        DagRunRequestError: No selected task has an instance with the map index.
    """
    index = selection.map_index
    expanded = [
        key
        for key in instances
        if is_expanded(key.map_index) and (key.task_id in selection.task_ids or not selection.task_ids)
    ]
    if index is None or any(key.map_index == index for key in expanded):
        return
    if not expanded:
        raise DagRunRequestError(
            f"No selected task has mapped instances, so none has map index {index}. Leave out map_index (--map-index) "
            "for tasks that are not mapped."
        )
    names = ", ".join(dict.fromkeys(f"{key.task_id}[{index}]" for key in expanded))
    last = max(key.map_index for key in expanded)
    raise DagRunRequestError(f"This run has no task instance {names}. The last map index is {last}.")


class _Relatives:
    """Finds the upstream or downstream tasks of given tasks, with their setups and teardowns."""

    def __init__(self, graph: Graph, lengths: Lengths) -> None:
        self._graph, self._lengths = graph, lengths
        self._relations = Relations(graph, "3")

    def of_all(self, task_ids: Iterable[str], instances: Iterable[InstanceKey], *, upstream: bool) -> Selected:
        tasks = self._of_tasks(set(task_ids), upstream=upstream)
        found: set[InstanceKey] = set()
        waiting = list(instances)
        while waiting:
            key = waiting.pop()
            for task_id in self._flat(key.task_id, upstream=upstream):
                if task_id in tasks:
                    continue
                related = self._instances(key, task_id)
                if related is None:
                    tasks |= {task_id, *self._of_tasks({task_id}, upstream=upstream)}
                else:
                    new = {InstanceKey(task_id, index) for index in related} - found
                    found |= new
                    waiting += new
        return Selected(frozenset(tasks), frozenset(found))

    def setups_and_teardowns(self, task_id: str) -> set[str]:
        """Return the setups and teardowns that Airflow's `partial_subset` always clears together with a task."""
        node = self._graph.tasks[task_id]
        found = set() if node.is_setup or node.is_teardown else set(self._setups_with_teardowns(task_id))
        if node.is_setup:
            found |= {each for each in node.downstream if self._graph.tasks[each].is_teardown}
        return found

    def _of_tasks(self, task_ids: Collection[str], *, upstream: bool) -> set[str]:
        found: set[str] = set()
        for task_id in task_ids:
            related = self._flat(task_id, upstream=upstream)
            found |= related
            node = self._graph.tasks[task_id]
            if upstream:
                setups = (each for each in related if self._graph.tasks[each].is_setup)
                found |= {each for setup in setups for each in self._teardowns(setup) if each != task_id}
                continue
            users = related - set(task_ids) | (set() if node.is_setup or node.is_teardown else {task_id})
            for user in users:
                if not (self._graph.tasks[user].is_setup or self._graph.tasks[user].is_teardown):
                    found |= set(self._setups_with_teardowns(user))
        return found

    def _setups_with_teardowns(self, task_id: str) -> Iterator[str]:
        """Yield the upstream setups that have no teardown or whose teardowns are downstream, and these teardowns."""
        below = self._flat(task_id, upstream=False)
        for setup in self._flat(task_id, upstream=True):
            teardowns = self._teardowns(setup)
            if self._graph.tasks[setup].is_setup and (not teardowns or teardowns & below):
                yield setup
                yield from teardowns

    def _teardowns(self, task_id: str) -> set[str]:
        return {each for each in self._graph.tasks[task_id].downstream if self._graph.tasks[each].is_teardown}

    def _flat(self, task_id: str, *, upstream: bool) -> frozenset[str]:
        return self._relations.ancestors(task_id) if upstream else self._relations.descendants(task_id)

    def _instances(self, key: InstanceKey, task_id: str) -> Collection[int] | None:
        """Return a task's map indexes in the same instance of a mapped group as `key`; None means all indexes."""
        group = self._lengths.common_group(key.task_id, task_id) if is_expanded(key.map_index) else None
        if group is None:
            return None
        row = self._lengths.row_of(key.task_id, key.map_index, group)
        if self._lengths.is_mapped_inside(task_id, group):
            return self._lengths.indexes_in_row(task_id, row, group)
        return (row,)
