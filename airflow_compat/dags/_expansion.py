"""The lengths of mapped tasks and groups. A row of a mapped group is one map index of the group, with its instances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from airflow_compat._airflow.graph import UNMAPPED, Expansion, Graph, GroupNode, InstanceKey


class Lengths:
    """The known lengths of the mapped tasks and groups of one run.

    The number of instances of a task is its own length times the lengths of the mapped groups around it.
    """

    def __init__(self, graph: Graph, known: Mapping[str, int]) -> None:
        self._groups = {task_id: graph.mapped_groups_around(task_id) for task_id in graph.tasks}
        self._nodes = {
            task_id: [group.group_id for group in groups] + [task_id] * (graph.tasks[task_id].expansion is not None)
            for task_id, groups in self._groups.items()
        }
        expansions: dict[str, Expansion | None] = {group.group_id: group.expansion for group in graph.groups.values()}
        expansions.update((node.task_id, node.expansion) for node in graph.tasks.values())
        self._literal = {
            node_id: expansion.length
            for node_id, expansion in expansions.items()
            if expansion is not None and expansion.length is not None
        }
        self._known = {**self._literal, **known}
        self._unknowable = {
            node_id
            for node_id, expansion in expansions.items()
            if expansion is not None and any(self._is_only_in_mapped_group(each) for each in expansion.upstream)
        }

    def learn(self, node_id: str, length: int) -> None:
        """Record the length of a mapped task or group."""
        self._known[node_id] = length

    def is_mapped(self, task_id: str) -> bool:
        """Return True if a task or a group around it is mapped, so that the task is expanded."""
        return bool(self._nodes[task_id])

    def is_in_mapped_group(self, task_id: str) -> bool:
        """Return True if a group around a task is mapped."""
        return bool(self._groups[task_id])

    def groups_around(self, task_id: str) -> Sequence[GroupNode]:
        """Return the mapped groups around a task, the outermost first."""
        return self._groups[task_id]

    def common_group(self, task_id: str, other_id: str) -> GroupNode | None:
        """Return the innermost mapped group that contains both tasks."""
        around = {group.group_id for group in self._groups[task_id]}
        return next((group for group in reversed(self._groups[other_id]) if group.group_id in around), None)

    def of_task(self, task_id: str) -> int | None:
        """Return the number of instances of a mapped task; None while this number is unknown."""
        return self._product(self._nodes[task_id])

    def at_start(self, task_id: str) -> int | None:
        """Return a task's number of instances at the start of a run; None if it is only expanded later."""
        nodes = self._nodes[task_id]
        is_literal = nodes and all(node_id in self._literal for node_id in nodes)
        return (self.of_task(task_id) or None) if is_literal else None

    def unknown(self, task_id: str) -> list[str]:
        """Return the ids of a mapped task and of the mapped groups around it, without those whose lengths are known."""
        return [node_id for node_id in self._nodes[task_id] if node_id not in self._known]

    def is_unknowable(self, node_id: str) -> bool:
        """Return True if Airflow can't know the length: it depends on an unmapped task inside a mapped group."""
        return node_id in self._unknowable

    def row_of(self, task_id: str, map_index: int, group: GroupNode) -> int:
        """Return the row (map index) of a mapped group to which an instance of an expanded task in it belongs."""
        return map_index // self._instances_per_row(task_id, group)

    def indexes_in_row(self, task_id: str, row: int, group: GroupNode) -> range:
        """Return an expanded task's map indexes that belong to one row (map index) of a mapped group around it."""
        per_row = self._instances_per_row(task_id, group)
        return range(row * per_row, (row + 1) * per_row)

    def row_read(self, upstream_id: str, map_index: int, reader_id: str, group: GroupNode) -> int:
        """Return the row (map index) of a mapped group whose task instance reads an upstream instance.

        Airflow assumes that the upstream task has as many instances per map index of the group as the reading task: see
        `_get_relevant_map_indexes`. In nested mapped groups, the instances that are read can therefore differ from
        those that belong to this map index.
        """
        return self.row_of(reader_id, map_index, group) if self.is_mapped_inside(upstream_id, group) else map_index

    def indexes_read(self, reader: InstanceKey, upstream_id: str, expanded: tuple[int, ...]) -> int | tuple[int, ...]:
        """Return the map indexes of an upstream task whose XComs an instance reads; see `Progress.map_indexes_for`.

        `expanded`: the map indexes of the upstream task's expanded instances.
        """
        if not self.is_mapped(upstream_id):
            return UNMAPPED
        group = self.common_group(reader.task_id, upstream_id)
        if group is None or not is_expanded(reader.map_index):
            return expanded
        row = self.row_of(reader.task_id, reader.map_index, group)
        if self.is_mapped_inside(upstream_id, group):
            return tuple(self.indexes_in_row(reader.task_id, row, group))
        return row

    def is_mapped_inside(self, task_id: str, group: GroupNode) -> bool:
        """Return True if a task in a mapped group is also mapped itself or is in an inner mapped group."""
        return self._nodes[task_id][-1] != group.group_id

    def _is_only_in_mapped_group(self, task_id: str) -> bool:
        nodes = self._nodes[task_id]
        return bool(nodes) and nodes[-1] != task_id

    def _instances_per_row(self, task_id: str, group: GroupNode) -> int:
        nodes = self._nodes[task_id]
        # If a task was expanded, all its lengths are known, and none of them is 0.
        return self._product(nodes[nodes.index(group.group_id) + 1 :]) or 1

    def _product(self, node_ids: Sequence[str]) -> int | None:
        result = 1
        for node_id in node_ids:
            if node_id not in self._known:
                return None
            result *= self._known[node_id]
        return result


def is_expanded(map_index: int) -> bool:
    """Return True if a map index is that of an instance of an expanded task."""
    return map_index != UNMAPPED
