"""Describe a DAG as frozen data: its tasks, edges, groups and mapping.

`airflow_compat.dags` makes a graph from a `DAG` object. Decisions about task instances need only this data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import NamedTuple

UNMAPPED = -1


class InstanceKey(NamedTuple):
    """One task instance of a DAG run. `map_index` is -1 unless the task or a group around it is mapped."""

    task_id: str
    map_index: int = UNMAPPED


@dataclass(frozen=True)
class Expansion:
    """The values over which a mapped task or group is expanded.

    Attributes:
        upstream: The ids of the tasks whose XComs contain the values; empty if all values are literals.
        length: The number of instances; None if it depends on XComs.
    """

    upstream: tuple[str, ...] = ()
    length: int | None = None


@dataclass(frozen=True)
class TaskNode:
    """One task.

    Attributes:
        group_id: The innermost group around the task; None if the task is in no group.
        expansion: The values of `expand` or `expand_kwargs`; None for other tasks.
        can_skip: Whether the operator can skip downstream tasks, as branches and short circuits do.
        is_branch: Whether the operator is a branch, which skips only tasks directly downstream.
        priority: The effective priority, which includes the weight rule.
    """

    task_id: str
    upstream: frozenset[str] = frozenset()
    downstream: frozenset[str] = frozenset()
    trigger_rule: str = "all_success"
    group_id: str | None = None
    expansion: Expansion | None = None
    is_setup: bool = False
    is_teardown: bool = False
    on_failure_fail_dagrun: bool = False
    can_skip: bool = False
    is_branch: bool = False
    retries: int = 0
    priority: int = 1
    pool: str = "default_pool"
    pool_slots: int = 1
    max_active_tis_per_dag: int | None = None
    max_active_tis_per_dagrun: int | None = None
    depends_on_past: bool = False
    wait_for_downstream: bool = False


@dataclass(frozen=True)
class GroupNode:
    """One task group. `children` lists the ids of the group's tasks and groups in the order of their definition."""

    group_id: str
    parent: str | None = None
    children: tuple[str, ...] = ()
    expansion: Expansion | None = None


@dataclass(frozen=True)
class Graph:
    """A DAG's tasks and groups, in the order of their definition."""

    dag_id: str
    tasks: Mapping[str, TaskNode]
    groups: Mapping[str, GroupNode] = field(default_factory=dict)
    edge_labels: Mapping[tuple[str, str], str] = field(default_factory=dict)
    fail_fast: bool = False
    max_active_tasks: int | None = None

    def topological_order(self) -> list[str]:
        """Return the ids of the tasks so that each comes after its upstream tasks."""
        return list(TopologicalSorter({key: sorted(task.upstream) for key, task in self.tasks.items()}).static_order())

    def groups_around(self, task_id: str) -> Iterator[GroupNode]:
        """Yield the groups around a task, the innermost first."""
        group_id = self.tasks[task_id].group_id
        while group_id is not None:
            group = self.groups[group_id]
            yield group
            group_id = group.parent

    def mapped_groups_around(self, task_id: str) -> list[GroupNode]:
        """Return the mapped groups around a task, the outermost first."""
        return [group for group in self.groups_around(task_id) if group.expansion is not None][::-1]
