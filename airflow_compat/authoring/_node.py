"""Nodes of a DAG's graph: tasks and task groups."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import DagDefinitionError
from ._dependencies import DependencyMixin, listed
from ._logger_names import logger_name

if TYPE_CHECKING:
    from ._abstract_operator import AbstractOperator
    from ._dag import DAG
    from ._edges import EdgeModifier
    from ._task_group import TaskGroup


class DAGNode(DependencyMixin):
    """A task or a task group, mapped or not."""

    upstream_task_ids: set[str]
    downstream_task_ids: set[str]
    task_group: TaskGroup | None
    dag: Any
    """The DAG. For an operator without a DAG, reading this attribute raises an error, and `get_dag` returns None."""

    start_date: Any = None
    end_date: Any = None

    @property
    def log(self) -> logging.Logger:
        """The logger of the class, below `airflow.task.operators`."""
        return logging.getLogger(logger_name(type(self)))

    @property
    def node_id(self) -> str:
        raise NotImplementedError

    @property
    def label(self) -> str | None:
        """The id without the prefix of the task group."""
        group = self.task_group
        if group is not None and group.group_id and group.prefix_group_id:
            return self.node_id[len(group.group_id) + 1 :]
        return self.node_id

    def get_dag(self) -> DAG | None:
        return self.dag  # type: ignore[no-any-return]

    def has_dag(self) -> bool:
        return self.get_dag() is not None

    @property
    def dag_id(self) -> str:
        dag = self.get_dag()
        return dag.dag_id if dag is not None else "_in_memory_dag_"

    @property
    def upstream_list(self) -> list[AbstractOperator]:
        return self.get_direct_relatives(upstream=True)

    @property
    def downstream_list(self) -> list[AbstractOperator]:
        return self.get_direct_relatives(upstream=False)

    def get_direct_relative_ids(self, upstream: bool = False) -> set[str]:
        return self.upstream_task_ids if upstream else self.downstream_task_ids

    def get_direct_relatives(self, upstream: bool = False) -> list[AbstractOperator]:
        dag = self.get_dag()
        if dag is None:
            raise DagDefinitionError(f"{self!r} has no DAG yet. Create it in a `with DAG(...)` block, or pass `dag=`.")
        return [dag.get_task(task_id) for task_id in self.get_direct_relative_ids(upstream)]

    def get_flat_relative_ids(self, *, upstream: bool = False, depth: int | None = None) -> set[str]:
        """Return the ids of all tasks upstream or downstream of this one, at most `depth` edges away."""
        dag = self.get_dag()
        if depth is not None and depth < 0:
            raise DagDefinitionError(f"The depth {depth} is negative. Use None for all levels.")
        if dag is None:
            return set()
        found: set[str] = set()
        level = self.get_direct_relative_ids(upstream)
        while level and depth != 0:
            below = set[str]()
            for task_id in level - found:
                below |= dag.get_task(task_id).get_direct_relative_ids(upstream)
            found |= level
            level = below
            depth = None if depth is None else depth - 1
        return found

    def get_flat_relatives(self, upstream: bool = False, depth: int | None = None) -> list[AbstractOperator]:
        dag = self.get_dag()
        if dag is None:
            return []
        return [dag.get_task(task_id) for task_id in self.get_flat_relative_ids(upstream=upstream, depth=depth)]

    def get_upstreams_follow_setups(self, depth: int | None = None) -> Iterator[AbstractOperator]:
        """Yield all upstream tasks, and the teardowns of each setup among them."""
        for task in self.get_flat_relatives(upstream=True, depth=depth):
            yield task
            if task.is_setup:
                yield from (each for each in task.downstream_list if each.is_teardown and each is not self)

    def get_upstreams_only_setups_and_teardowns(self) -> Iterator[AbstractOperator]:
        """Yield the setups that this task needs, and their teardowns.

        A setup is needed if it has no teardown, or a teardown that is downstream of this task.
        """
        below = {task.task_id for task in self.get_flat_relatives(upstream=False) if task.is_teardown}
        for task in self.get_flat_relatives(upstream=True):
            if not task.is_setup:
                continue
            if not any(each.is_teardown for each in task.downstream_list) or task.downstream_task_ids & below:
                yield task
                yield from (each for each in task.downstream_list if each.is_teardown and each is not self)

    def get_upstreams_only_setups(self) -> Iterator[AbstractOperator]:
        """Yield the setups that this task needs."""
        return (task for task in self.get_upstreams_only_setups_and_teardowns() if task.is_setup)

    def set_upstream(self, other: Any, edge_modifier: EdgeModifier | None = None) -> None:
        self._set_relatives(other, upstream=True, edge_modifier=edge_modifier)

    def set_downstream(self, other: Any, edge_modifier: EdgeModifier | None = None) -> None:
        self._set_relatives(other, upstream=False, edge_modifier=edge_modifier)

    def _set_relatives(self, other: Any, *, upstream: bool, edge_modifier: EdgeModifier | None = None) -> None:
        """Add the edges between this task and others (`airflow.sdk.definitions._internal.node`)."""
        tasks = self._tasks_of(other, upstream=upstream, edge_modifier=edge_modifier)
        dags = {id(node.dag): node.dag for node in (self, *tasks) if node.has_dag()}
        if not dags:
            raise DagDefinitionError(
                f"{self!r} and {tasks} have no DAG yet. Create one of them in a `with DAG(...)` block, or pass `dag=`."
            )
        if len(dags) > 1:
            names = ", ".join(sorted(dag.dag_id for dag in dags.values()))
            raise DagDefinitionError(f"{self!r} and {tasks} are in several DAGs: {names}. Connect tasks of one DAG.")
        (dag,) = dags.values()
        if not self.has_dag():
            self.dag = dag
        for task in tasks:
            if not task.has_dag():
                dag.add_task(task)
            first, second = (task, self) if upstream else (self, task)
            first.downstream_task_ids.add(second.node_id)
            second.upstream_task_ids.add(first.node_id)
            if edge_modifier is not None:
                edge_modifier.add_edge_info(dag, first.node_id, second.node_id)

    def _tasks_of(self, other: Any, *, upstream: bool, edge_modifier: EdgeModifier | None) -> Sequence[Any]:
        tasks: list[Any] = []
        for each in listed(other):
            if not _can_be_connected(each):
                raise DagDefinitionError(
                    f"{self!r} can't be connected to {each!r}, a {type(each).__name__}. Use tasks, task groups or "
                    "their results; call a function with @task to make its task."
                )
            each.update_relative(self, not upstream, edge_modifier=edge_modifier)
            tasks += each.leaves if upstream else each.roots
        return tasks


def _can_be_connected(value: Any) -> bool:
    """Return True for tasks, groups and results and, as in Airflow, for any object that has the same methods."""
    if isinstance(value, DependencyMixin):
        return True
    # Placeholders of Airflow's names have every attribute, but stand for no task to which an edge could lead.
    return hasattr(value, "update_relative") and not isinstance(getattr(type(value), "_full_name", None), str)
