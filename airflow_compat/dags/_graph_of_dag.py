"""Creates the graph of a DAG, which can't be changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_compat._airflow.graph import Expansion, Graph, GroupNode, TaskNode
from airflow_compat.authoring import DAG, BaseBranchOperator


def graph_of(dag: DAG) -> Graph:
    """Return the graph of a DAG, which is used to decide about the DAG's task instances."""
    priorities = _Priorities(dag.task_dict)
    tasks = {task_id: _task_node(task, priorities.of(task)) for task_id, task in dag.task_dict.items()}
    groups = [group for group in dag.task_group.get_task_group_dict().values() if not group.is_root]
    return Graph(
        dag.dag_id,
        tasks,
        groups={group.node_id: _group_node(group) for group in groups},
        edge_labels={
            (upstream_id, downstream_id): str(info["label"])
            for upstream_id, edges in dag.edge_info.items()
            for downstream_id, info in edges.items()
            if info["label"] is not None
        },
        fail_fast=bool(dag.fail_fast),
        max_active_tasks=dag.max_active_tasks,
    )


def _task_node(task: Any, priority: int) -> TaskNode:
    operator_class = task.operator_class if task.is_mapped else type(task)
    return TaskNode(
        task.task_id,
        upstream=frozenset(task.upstream_task_ids),
        downstream=frozenset(task.downstream_task_ids),
        trigger_rule=str(getattr(task.trigger_rule, "value", task.trigger_rule)),
        group_id=_group_id(task.task_group),
        expansion=_expansion(task.expand_input) if task.is_mapped else None,
        is_setup=task.is_setup,
        is_teardown=task.is_teardown,
        on_failure_fail_dagrun=task.on_failure_fail_dagrun,
        can_skip=task.inherits_from_skipmixin,
        is_branch=issubclass(operator_class, BaseBranchOperator),
        retries=task.retries or 0,
        priority=priority,
        pool=task.pool,
        pool_slots=task.pool_slots,
        max_active_tis_per_dag=task.max_active_tis_per_dag,
        max_active_tis_per_dagrun=task.max_active_tis_per_dagrun,
        depends_on_past=task.depends_on_past,
        wait_for_downstream=task.wait_for_downstream,
    )


def _group_node(group: Any) -> GroupNode:
    mapped = getattr(group, "expand_input", None)
    return GroupNode(
        group.node_id,
        parent=_group_id(group.task_group),
        children=tuple(child.node_id for child in group.children.values()),
        expansion=_expansion(mapped) if mapped is not None else None,
    )


def _group_id(group: Any) -> str | None:
    return None if group is None or group.is_root else str(group.node_id)


def _expansion(expand_input: Any) -> Expansion:
    upstream = dict.fromkeys(operator.task_id for operator in expand_input.references())
    return Expansion(tuple(upstream), expand_input.literal_length())


class _Priorities:
    """Computes the priority of each task: adds up the priority weights of tasks by the weight rules.

    A custom strategy computes the weight of each task instance only when it runs, so tasks with such a strategy keep
    their own weights here.
    """

    def __init__(self, tasks: Mapping[str, Any]) -> None:
        self._tasks = tasks

    def of(self, task: Any) -> int:
        rule = str(getattr(task.weight_rule, "value", task.weight_rule))
        own = int(task.priority_weight)
        if rule not in {"upstream", "downstream"}:
            return own
        relatives = task.get_flat_relative_ids(upstream=rule == "upstream")
        return own + sum(int(self._tasks[task_id].priority_weight) for task_id in relatives)
