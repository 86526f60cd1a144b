"""The dependencies between tasks: direct upstream tasks, setups, the scopes of teardowns, and expansions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from airflow_compat._airflow.graph import Graph, TaskNode
from airflow_compat._airflow.version import AirflowVersion


class Role(Enum):
    """Why a task depends on another task."""

    DIRECT = "direct"
    """The other task is directly upstream, so the trigger rule counts it."""
    SETUP = "setup"
    """The other task is a setup further upstream whose resource the task uses. The setup must succeed."""
    SCOPE = "scope"
    """The task is a teardown, and the other task is between the setup and this teardown.

    In Airflow 3, the other task must end before the teardown runs.
    """
    LENGTH = "length"
    """The other task provides the values over which the task, or the group around the task, is expanded."""


@dataclass(frozen=True)
class Relations:
    """The tasks on which each task depends, by role, and the tasks that depend on each task."""

    graph: Graph
    airflow_version: AirflowVersion

    @cached_property
    def upstream(self) -> Mapping[str, Mapping[Role, frozenset[str]]]:
        """The ids of the tasks that each task depends on."""
        return {task_id: dict(self._roles(node)) for task_id, node in self.graph.tasks.items()}

    @cached_property
    def readers(self) -> Mapping[str, list[tuple[str, Role]]]:
        """The tasks that depend on each task."""
        readers: defaultdict[str, list[tuple[str, Role]]] = defaultdict(list)
        for task_id, roles in self.upstream.items():
            for role, upstream in roles.items():
                for upstream_id in upstream:
                    readers[upstream_id].append((task_id, role))
        return readers

    def descendants(self, task_id: str) -> frozenset[str]:
        """Return the ids of all tasks downstream of a task."""
        return self._flat(self.graph.tasks[task_id].downstream, upstream=False)

    def ancestors(self, task_id: str) -> frozenset[str]:
        """Return the ids of all tasks upstream of a task."""
        return self._flat(self.graph.tasks[task_id].upstream, upstream=True)

    def _roles(self, node: TaskNode) -> Iterator[tuple[Role, frozenset[str]]]:
        yield Role.DIRECT, node.upstream
        if self._has_setups:
            # With the trigger rule "always", Airflow does not check the upstream tasks.
            if not node.is_teardown and node.upstream and node.trigger_rule != "always":
                yield Role.SETUP, frozenset(self._indirect_setups(node))
            if node.is_teardown and self.airflow_version != "2" and node.trigger_rule != "always":
                yield Role.SCOPE, self._scope(node)
        expansion = node.expansion
        if expansion is None:
            expansion = next((g.expansion for g in self.graph.groups_around(node.task_id) if g.expansion), None)
        if expansion is not None:
            yield Role.LENGTH, frozenset(expansion.upstream)

    @cached_property
    def _has_setups(self) -> bool:
        return any(node.is_setup for node in self.graph.tasks.values())

    def _indirect_setups(self, node: TaskNode) -> Iterator[str]:
        """Yield indirect upstream setups that have no teardown, or that have a teardown downstream of the task."""
        below = self.descendants(node.task_id)
        for upstream_id in self.ancestors(node.task_id) - node.upstream:
            setup = self.graph.tasks[upstream_id]
            if setup.is_setup:
                teardowns = {task_id for task_id in setup.downstream if self.graph.tasks[task_id].is_teardown}
                if not teardowns or teardowns & below:
                    yield upstream_id

    def _scope(self, node: TaskNode) -> frozenset[str]:
        between = self.ancestors(node.task_id) - node.upstream
        setups = (task_id for task_id in node.upstream if self.graph.tasks[task_id].is_setup)
        return frozenset[str]().union(*(between & self.descendants(setup) for setup in setups))

    def _flat(self, first: Iterable[str], *, upstream: bool) -> frozenset[str]:
        found: set[str] = set()
        waiting = list(first)
        while waiting:
            task_id = waiting.pop()
            if task_id not in found:
                found.add(task_id)
                node = self.graph.tasks[task_id]
                waiting.extend(node.upstream if upstream else node.downstream)
        return frozenset(found)
