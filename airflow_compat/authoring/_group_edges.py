"""Edges of whole task groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ._dependencies import DependencyMixin, listed
from ._node import DAGNode

if TYPE_CHECKING:
    from ._abstract_operator import AbstractOperator
    from ._edges import EdgeModifier
    from ._task_group import TaskGroup


class GroupEdges(DAGNode):
    """A group of tasks that edges treat as one task.

    Edges lead to the group's first tasks, and start at the group's last tasks.
    """

    parent_group: TaskGroup | None
    upstream_group_ids: set[str | None]
    downstream_group_ids: set[str | None]

    @property
    def group_id(self) -> str | None:
        raise NotImplementedError

    def get_roots(self) -> Iterator[AbstractOperator]:
        raise NotImplementedError

    def get_leaves(self) -> Iterator[AbstractOperator]:
        raise NotImplementedError

    @property
    def upstream_join_id(self) -> str:
        return f"{self.group_id}.upstream_join_id"

    @property
    def downstream_join_id(self) -> str:
        return f"{self.group_id}.downstream_join_id"

    def _set_relatives(self, other: Any, *, upstream: bool, edge_modifier: EdgeModifier | None = None) -> None:
        # As in Airflow, the leaves are found before `update_relative` records the new edges.
        leaves = self._leaves_or_upstream()
        for each in listed(other):
            self.update_relative(each, upstream, edge_modifier=edge_modifier)
        if upstream:
            for task in self.get_roots():
                task.set_upstream(other)
        else:
            for task in leaves:
                task.set_downstream(other)

    def _leaves_or_upstream(self) -> list[AbstractOperator]:
        if self.dag.airflow_version == "2":
            return list(self.get_leaves())
        # In Airflow 3, an edge from an empty group starts at the tasks that are upstream of the group.
        group: GroupEdges | None = self
        while group is not None:
            leaves = list(group.get_leaves())
            if leaves or group.upstream_task_ids:
                return leaves or [group.dag.get_task(task_id) for task_id in group.upstream_task_ids]
            group = group.parent_group
        return []

    def update_relative(
        self, other: DependencyMixin, upstream: bool = True, edge_modifier: EdgeModifier | None = None
    ) -> None:
        """Record an edge between the whole group and another object, and the edge's label, for the UI."""
        if isinstance(other, GroupEdges):
            parent, child = (self, other) if upstream else (other, self)
            parent.upstream_group_ids.add(child.group_id)
            child.downstream_group_ids.add(parent.group_id)
            if edge_modifier is not None:
                edge_modifier.add_edge_info(self.dag, child.downstream_join_id, parent.upstream_join_id)
            return
        for task in other.roots:
            # The object on the other side of a label can be this group.
            if task is self:
                continue
            if upstream:
                self.upstream_task_ids.add(task.node_id)
            else:
                self.downstream_task_ids.add(task.node_id)
            if edge_modifier is not None:
                ends = (task.node_id, self.upstream_join_id) if upstream else (self.downstream_join_id, task.node_id)
                edge_modifier.add_edge_info(self.dag, *ends)
