"""Counts the upstream instances that each task instance waits for, while instances end and tasks are expanded.

Counts are incremental: when an instance ends, the counts of the instances that depend on it change. New decisions are
made only for instances that the change can affect. A task with n upstream or downstream instances therefore costs O(n).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping

from airflow_compat._airflow.graph import UNMAPPED, Graph, InstanceKey
from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.dags._decisions import Reason
from airflow_compat.dags._expansion import Lengths, is_expanded
from airflow_compat.dags._inbound import Inbound, Scope
from airflow_compat.dags._relations import Relations, Role
from airflow_compat.dags._tally import Tally
from airflow_compat.dags._trigger_rules import Verdict, decide, decide_on_setups

_FAST_RULES = {
    "2": frozenset({"one_success", "one_failed", "one_done"}),
    "3": frozenset({"one_success", "one_failed", "one_done", "none_failed_min_one_success"}),
}


class Dependencies:
    """The counts of upstream instances in one run, and the task instances for which a new decision is needed."""

    def __init__(self, graph: Graph, lengths: Lengths, *, airflow_version: AirflowVersion) -> None:
        self._graph = graph
        self._lengths = lengths
        self._airflow_version = airflow_version
        self._relations = Relations(graph, airflow_version)
        self._inbound = {
            (task_id, role): Inbound(task_id, lengths)
            for task_id, roles in self._relations.upstream.items()
            for role in roles
        }
        # The map indexes to decide again for each task (None means all), and a queue of these tasks in the order of
        # definition.
        self._changed: dict[str, dict[int, None] | None] = {}
        self._queue: list[tuple[int, str]] = []
        self._places = {task_id: place for place, task_id in enumerate(graph.tasks)}

    @property
    def have_changed(self) -> bool:
        """Whether there are instances for which a new decision is needed."""
        return bool(self._changed)

    def next_changed(self) -> tuple[str, Iterable[int] | None]:
        """Return the first task that needs a new decision, and the map indexes of its instances; None means all."""
        _, task_id = heapq.heappop(self._queue)
        return task_id, self._changed.pop(task_id)

    def decide_again(self, task_id: str, map_indexes: Iterable[int] | None = None) -> None:
        """Record that a new decision is needed for these instances of a task; None means all instances."""
        if task_id not in self._changed:
            self._changed[task_id] = {}
            heapq.heappush(self._queue, (self._places[task_id], task_id))
        noted = self._changed[task_id]
        if map_indexes is None:
            self._changed[task_id] = None
        elif noted is not None:
            noted.update(dict.fromkeys(map_indexes))

    def instances_created(self, task_id: str, map_indexes: Iterable[int]) -> None:
        """Add new instances, which have not ended, to the counts."""
        is_setup = self._graph.tasks[task_id].is_setup
        for map_index in map_indexes:
            self._count(task_id, map_index, lambda tally: tally.expect(1, is_setup=is_setup))
        self.decide_again(task_id)

    def instance_replaced(self, task_id: str) -> None:
        """Stop counting the placeholder instance of a mapped task, because the task is about to be expanded."""
        is_setup = self._graph.tasks[task_id].is_setup
        self._count(task_id, UNMAPPED, lambda tally: tally.expect(-1, is_setup=is_setup))

    def instance_ended(self, key: InstanceKey, state: str, *, before: str | None) -> None:
        """Update the counts for an instance that has ended. `before` is the instance's previous final state."""
        is_setup = self._graph.tasks[key.task_id].is_setup

        def end(tally: Tally) -> bool:
            if before is not None:
                tally.end(before, is_setup=is_setup, number=-1)
            return tally.end(state, is_setup=is_setup) or before is not None

        self._count(key.task_id, key.map_index, end)

    def source_ended(self, task_id: str) -> None:
        """Decide again, in this round, about the tasks that are expanded over the result of an ended task."""
        for reader_id, role in self._relations.readers.get(task_id, ()):
            if role is Role.LENGTH:
                self.decide_again(reader_id)

    def length_known(self, group_id: str) -> None:
        """Decide again about the tasks of a mapped group, because the group's length changes their dependencies."""
        for task_id in self._graph.tasks:
            if any(group.group_id == group_id for group in self._lengths.groups_around(task_id)):
                self.decide_again(task_id)

    def verdicts(
        self, task_id: str, map_indexes: Iterable[int], states: Mapping[InstanceKey, str]
    ) -> Iterator[tuple[int, Verdict, Reason]]:
        """Yield the decisions about the instances of a task, with the reasons."""
        by_length = self._verdict_by_length(task_id, states)
        shared: Verdict = None
        is_shared = False
        for map_index in map_indexes:
            if not is_shared:
                shared = self._verdict_by_upstream(task_id, map_index)
                is_shared = self._is_shared(task_id)
            verdict, reason = _combined(shared, by_length)
            yield map_index, verdict, reason

    def _is_shared(self, task_id: str) -> bool:
        """Whether the same decision applies to all instances of a task."""
        in_group = self._lengths.is_in_mapped_group(task_id)
        everything = Scope(None, everything=True)
        roles = self._relations.upstream[task_id]
        return not in_group and not any(self._inbound[task_id, role][everything]["removed"] for role in roles)

    def _verdict_by_upstream(self, task_id: str, map_index: int) -> Verdict:
        node = self._graph.tasks[task_id]
        roles = self._relations.upstream[task_id]
        if not node.upstream:
            return "ready"
        by_setups: Verdict = "ready"
        if roles.get(Role.SETUP):
            by_setups = decide_on_setups(self._seen(task_id, Role.SETUP, map_index), map_index=map_index)
            if by_setups not in {None, "ready"}:
                return by_setups
        seen = self._seen(task_id, Role.DIRECT, map_index)
        verdict = decide(node.trigger_rule, seen, map_index=map_index, airflow_version=self._airflow_version)
        if verdict == "ready" and roles.get(Role.SCOPE) and not self._seen(task_id, Role.SCOPE, map_index).complete:
            return None
        return by_setups if verdict == "ready" else verdict

    def _verdict_by_length(self, task_id: str, states: Mapping[InstanceKey, str]) -> Verdict:
        """Decide by the tasks over whose results this task is expanded, like Airflow's `MappedTaskUpstreamDep`.

        As in Airflow, the states of upstream tasks that are mapped themselves are ignored.
        """
        upstream = self._relations.upstream[task_id].get(Role.LENGTH, ())
        found = {states.get(InstanceKey(upstream_id)) for upstream_id in upstream}
        if found & {"failed", "upstream_failed"}:
            return "upstream_failed"
        if "skipped" in found:
            return "skipped"
        return None if "removed" in found else "ready"

    def _seen(self, task_id: str, role: Role, map_index: int) -> Tally:
        everything = self._sees_everything(task_id, is_expanded(map_index))
        return self._inbound[task_id, role].seen_by(map_index, everything=everything)

    def _sees_everything(self, task_id: str, expanded: bool) -> bool:
        """Whether a task's instances depend on all upstream instances, not only on those with the same group index.

        If one upstream instance can meet the trigger rule, the rule counts all upstream instances until the group is
        expanded. In Airflow 2, it counts all instances even afterwards if the task is a direct child of the group.
        """
        if not self._lengths.is_in_mapped_group(task_id):
            return True
        node = self._graph.tasks[task_id]
        if node.trigger_rule in _FAST_RULES[self._airflow_version]:
            if self._airflow_version != "2":
                if not expanded:
                    return True
            elif node.group_id is not None and self._graph.groups[node.group_id].expansion is not None:
                return True
        return not self._lengths.of_task(task_id)

    def _count(self, task_id: str, map_index: int, change: Callable[[Tally], bool]) -> None:
        for reader_id, role in self._relations.readers.get(task_id, ()):
            if role is Role.LENGTH:
                continue
            inbound = self._inbound[reader_id, role]
            for scope in inbound.scopes(task_id, map_index):
                if change(inbound[scope]):
                    self._scope_changed(reader_id, scope)

    def _scope_changed(self, reader_id: str, scope: Scope) -> None:
        if scope.row is None:
            self.decide_again(reader_id)
        else:
            group = self._graph.groups[scope.row.group_id]
            self.decide_again(reader_id, self._lengths.indexes_in_row(reader_id, scope.row.number, group))


def _combined(by_upstream: Verdict, by_length: Verdict) -> tuple[Verdict, Reason]:
    """Combine the decisions by the trigger rule and by the tasks over whose results this task is expanded."""
    if by_upstream == "expanded_and_skipped" and by_length != "ready":
        by_upstream = "skipped"
    if by_length == "upstream_failed" or (by_length == "skipped" and by_upstream in {None, "ready"}):
        return by_length, "mapped_dependency"
    return (None if by_length is None and by_upstream == "ready" else by_upstream), "trigger_rule"
