"""The order of the tasks in a task group, and the group's first and last tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..exceptions import AirflowDagCycleException

if TYPE_CHECKING:
    from ._abstract_operator import AbstractOperator
    from ._node import DAGNode
    from ._task_group import TaskGroup


def roots_of(group: TaskGroup) -> Iterator[AbstractOperator]:
    """Yield the tasks that have no upstream in the group."""
    tasks = list(group)
    ids = {task.task_id for task in tasks}
    return (task for task in tasks if ids.isdisjoint(task.upstream_task_ids))


def leaves_of(group: TaskGroup) -> Iterator[AbstractOperator]:
    """Yield the tasks that have no downstream in the group.

    Teardowns don't count: a task after the group does not wait for the teardowns, but for the tasks before them.
    """
    tasks = list(group)
    ids = {task.task_id for task in tasks}
    for task in tasks:
        if not ids.isdisjoint(task.downstream_task_ids):
            continue
        if task.is_teardown:
            yield from _work_before(task, ids)
        else:
            yield task


def _work_before(teardown: AbstractOperator, ids: set[str]) -> Iterator[AbstractOperator]:
    for task in teardown.upstream_list:
        if task.task_id not in ids:
            continue
        if task.is_teardown:
            yield from _work_before(task, ids)
        elif not task.is_setup and not _goes_on(task, ids, teardown.task_id):
            yield task


def _goes_on(task: AbstractOperator, ids: set[str], apart_from: str) -> bool:
    return any(
        below.task_id in ids and below.task_id != apart_from and not below.is_teardown for below in task.downstream_list
    )


def topological_order(group: TaskGroup) -> list[DAGNode]:
    """Return the children of a group in an order in which each child comes after the children upstream of it.

    Children that don't depend on each other stay in the order of their definition, as in Airflow.

    Raises:
        AirflowDagCycleException: The children depend on each other in a cycle.
    """
    groups = group.dag.task_group.get_task_group_dict()
    waiting = dict.fromkeys(group.children)
    needed = {key: _needed_by(child, group, groups) for key, child in group.children.items()}
    if group.dag.airflow_version == "3":
        # In Airflow 2, a group that is downstream of a task inside it counts as a cycle.
        needed = {key: above - {key} for key, above in needed.items()}
    ordered: list[DAGNode] = []
    while waiting:
        count = len(waiting)
        for key in list(waiting):
            if waiting.keys().isdisjoint(needed[key]):
                del waiting[key]
                ordered.append(group.children[key])
        if len(waiting) == count:
            raise AirflowDagCycleException(f"A cyclic dependency occurred in dag: {group.dag_id}")
    return ordered


def _needed_by(child: DAGNode, group: TaskGroup, groups: dict[str | None, TaskGroup]) -> set[str]:
    """Return the children of the group that are upstream of this child."""
    above: set[str | None] = {*child.upstream_task_ids}
    if group.dag.airflow_version == "3" and child.node_id in groups:
        # Airflow 2 considers only the edges to the inner group itself, not those to the tasks in that group.
        inner = groups[child.node_id]
        above |= inner.upstream_group_ids
        above |= {task_id for root in inner.get_roots() for task_id in root.upstream_task_ids}
    found = set()
    for node_id in above - {None}:
        node: DAGNode | None = groups.get(node_id) or group.dag.get_task(node_id)
        while node is not None and node.node_id not in group.children:
            node = node.task_group
        if node is not None:
            found.add(node.node_id)
    return found
