"""The tasks and edges of a DAG."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .._airflow.version import AirflowVersion
from ..errors import DagDefinitionError
from ..exceptions import (
    AirflowDagCycleException,
    DuplicateTaskIdFound,
    FailFastDagInvalidTriggerRule,
    FailStopDagInvalidTriggerRule,
    NodeNotFound,
    TaskNotFound,
)
from ._current import current_task_group
from ._node import DAGNode
from ._refused import RefusesDagMethods
from ._rules import TriggerRule
from ._task_group import TaskGroup

if TYPE_CHECKING:
    from datetime import datetime

    from ._abstract_operator import AbstractOperator
    from ._edges import EdgeInfoType

_FAIL_FAST_RULES = (TriggerRule.ALL_SUCCESS, TriggerRule.ALL_DONE_SETUP_SUCCESS)


class DagGraph(RefusesDagMethods):
    """A DAG's tasks, task groups and edges."""

    dag_id: str
    airflow_version: AirflowVersion
    start_date: datetime | None
    end_date: datetime | None
    fail_fast: bool
    task_dict: dict[str, AbstractOperator]
    task_group: TaskGroup
    edge_info: dict[str, dict[str, EdgeInfoType]]

    @property
    def tasks(self) -> list[AbstractOperator]:
        return list(self.task_dict.values())

    @property
    def task_ids(self) -> list[str]:
        return list(self.task_dict)

    @property
    def task_count(self) -> int:
        return len(self.task_dict)

    @property
    def task_group_dict(self) -> dict[str, TaskGroup]:
        """The task groups by id, without the root group."""
        return {key: group for key, group in self.task_group.get_task_group_dict().items() if key is not None}

    @property
    def roots(self) -> list[AbstractOperator]:
        """The tasks without upstream tasks."""
        return [task for task in self.tasks if not task.upstream_task_ids]

    @property
    def leaves(self) -> list[AbstractOperator]:
        """The tasks without downstream tasks."""
        return [task for task in self.tasks if not task.downstream_task_ids]

    @property
    def teardowns(self) -> list[AbstractOperator]:
        return [task for task in self.tasks if task.is_teardown]

    @property
    def tasks_upstream_of_teardowns(self) -> list[AbstractOperator]:
        return [task for teardown in self.teardowns for task in teardown.upstream_list if not task.is_teardown]

    @property
    def owner(self) -> str:
        return ", ".join(sorted({task.owner for task in self.tasks}))

    def has_task(self, task_id: str) -> bool:
        return task_id in self.task_dict

    def has_task_group(self, task_group_id: str) -> bool:
        return task_group_id in self.task_group_dict

    def get_task(self, task_id: str, include_subdags: bool = False) -> AbstractOperator:  # noqa: ARG002
        """Return a task by its id.

        Raises:
            TaskNotFound: The DAG has no such task.
        """
        if (task := self.task_dict.get(task_id)) is not None:
            return task
        raise TaskNotFound(f"Task {task_id} not found")

    def __getitem__(self, node_id: str) -> DAGNode:
        """Return a task or a task group by its full id."""
        node = self.task_dict.get(node_id) or self.task_group_dict.get(node_id)
        if node is None:
            raise NodeNotFound(f"Task or group {node_id!r} not found")
        return node

    def add_task(self, task: Any) -> None:
        """Add a task. The task's dates are limited to the DAG's dates.

        Raises:
            DuplicateTaskIdFound: Another task or group has the id.
            FailFastDagInvalidTriggerRule: The DAG has `fail_fast=True`, and the task has a trigger rule other than
                `all_success`.
        """
        # Airflow 2 checks the trigger rule before it adds the task, Airflow 3 afterwards.
        if self.airflow_version == "2":
            self._check_rule(task)
        starts = [date for date in (task.start_date, self.start_date) if date]
        ends = [date for date in (task.end_date, self.end_date) if date]
        task.start_date, task.end_date = max(starts, default=None), min(ends, default=None)
        task_id = task.node_id
        if task.task_group is None and (group := current_task_group(self)) is not None:  # type: ignore[arg-type]
            task_id = group.child_id(task_id)
            group.add(task)
        if self.task_dict.get(task_id, task) is not task or task_id in self.task_group.used_group_ids:
            raise DuplicateTaskIdFound(f"Task id '{task_id}' has already been added to the DAG")
        self.task_dict[task_id] = task
        task.dag = self
        self.task_group.used_group_ids.add(task_id)
        if self.airflow_version == "3":
            self._check_rule(task)

    def _check_rule(self, task: AbstractOperator) -> None:
        if self.fail_fast and task.trigger_rule not in _FAIL_FAST_RULES:
            raise FailStopDagInvalidTriggerRule if self.airflow_version == "2" else FailFastDagInvalidTriggerRule

    def add_tasks(self, tasks: Iterable[Any]) -> None:
        for task in tasks:
            self.add_task(task)

    def _remove_task(self, task_id: str) -> None:
        task = self.task_dict.pop(task_id)
        if task.task_group is not None:
            task.task_group._remove(task)

    def set_dependency(self, upstream_task_id: str, downstream_task_id: str) -> None:
        """Connect two tasks by their ids."""
        self.get_task(upstream_task_id).set_downstream(self.get_task(downstream_task_id))

    def get_edge_info(self, upstream_task_id: str, downstream_task_id: str) -> EdgeInfoType | dict[str, Any]:
        """Return what is stored about an edge, such as its label."""
        return self.edge_info.get(upstream_task_id, {}).get(downstream_task_id, {})

    def set_edge_info(self, upstream_task_id: str, downstream_task_id: str, info: EdgeInfoType) -> None:
        self.edge_info.setdefault(upstream_task_id, {})[downstream_task_id] = info

    def topological_sort(self) -> tuple[AbstractOperator, ...]:
        """Return the tasks in an order in which each comes after its upstream tasks."""
        return tuple(_sorted_tasks(self.task_group))

    def check_cycle(self) -> None:
        """Check that no task depends on itself.

        Raises:
            AirflowDagCycleException: One does.
        """
        waiting = {task_id: len(task.upstream_task_ids) for task_id, task in self.task_dict.items()}
        ready = [task_id for task_id, count in waiting.items() if not count]
        while ready:
            task_id = ready.pop()
            del waiting[task_id]
            for below in self.task_dict[task_id].downstream_task_ids:
                waiting[below] -= 1
                if not waiting[below]:
                    ready.append(below)
        if waiting:
            raise AirflowDagCycleException(
                f"Cycle detected in DAG: {self.dag_id}. Faulty task: {self._in_cycle(waiting)}"
            )

    def _in_cycle(self, waiting: Iterable[str]) -> str:
        # A task that waits for its upstream tasks is in a cycle or after one, so following these upstream tasks leads
        # into the cycle.
        left = set(waiting)
        task_id, seen = next(iter(left)), set[str]()
        while task_id not in seen:
            seen.add(task_id)
            task_id = next(iter(self.task_dict[task_id].upstream_task_ids & left))
        return task_id

    def validate_setup_teardown(self) -> None:
        """Check the trigger rules of tasks after setups.

        Raises:
            DagDefinitionError: A task after a setup has a trigger rule other than `all_success`.
        """
        for task in self.tasks:
            for below in task.downstream_list if task.is_setup else ():
                if not below.is_teardown and below.trigger_rule != TriggerRule.ALL_SUCCESS:
                    raise DagDefinitionError(
                        f"Setup tasks must be followed with trigger rule ALL_SUCCESS, but task {below.task_id!r} has "
                        f"{str(below.trigger_rule)!r}. Remove its trigger rule."
                    )


def _sorted_tasks(group: TaskGroup) -> Iterator[AbstractOperator]:
    for node in group.topological_sort():
        if isinstance(node, TaskGroup):
            yield from _sorted_tasks(node)
        else:
            yield node  # type: ignore[misc]
