"""The progress of one DAG run. The input is the states of task instances, and the output is decisions.

This module does not use Prefect, clocks or XComs: the loop of a run reports states and lengths, and carries out the
decisions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, KeysView, Mapping
from typing import NamedTuple

from airflow_compat._airflow.graph import UNMAPPED, Graph, InstanceKey
from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.dags._decisions import (
    FINAL_STATES,
    Decision,
    NeedsLength,
    Ready,
    Reason,
    RunEnded,
    Settled,
    SettledState,
)
from airflow_compat.dags._dependencies import Dependencies
from airflow_compat.dags._expansion import Lengths, is_expanded
from airflow_compat.dags._run_state import ended_run
from airflow_compat.dags._skips import Skips


class Ending(NamedTuple):
    """A task instance that has ended, its state (success, failed or skipped), and the ids of tasks that it skips."""

    key: InstanceKey
    state: str
    skips: frozenset[str] = frozenset()


class Progress:
    """Decides what happens next in one DAG run, as Airflow's scheduler does.

    Each method call returns the decisions that follow from the reported change. When instances get a final state,
    further decisions follow in rounds, as in Airflow's scheduler.

    Args:
        graph: The DAG.
        airflow_version: "2" or "3".
        states: The states of task instances from before a restart. For instances without a final state, new decisions
            are made.
        lengths: The lengths of mapped tasks and groups that were known before a restart.
        skips: The ids of the tasks that branches and short circuits decided to skip before a restart.
        active: The states of running instances, which continue even if tasks on which they depend run again.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        airflow_version: AirflowVersion = "3",
        states: Mapping[InstanceKey, str] | None = None,
        lengths: Mapping[str, int] | None = None,
        skips: Mapping[InstanceKey, frozenset[str]] | None = None,
        active: Mapping[InstanceKey, str] | None = None,
    ) -> None:
        self.graph = graph
        self._lengths = Lengths(graph, lengths or {})
        self._dependencies = Dependencies(graph, self._lengths, airflow_version=airflow_version)
        self._states: dict[InstanceKey, str] = {}
        # For each task: the map indexes of its instances in order, and the map indexes of those that wait for a
        # decision.
        self._indexes: dict[str, dict[int, None]] = {}
        self._waiting: dict[str, dict[int, None]] = {}
        self._expanded_indexes: dict[str, tuple[int, ...]] = {}
        # `_active`: the ready instances that have not ended. `_expanding`: for each task or group whose length is
        # unknown, the tasks that wait for this length.
        self._active: dict[InstanceKey, None] = {}
        self._expanding: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._skips = Skips(graph, airflow_version)
        # The changes since the last round: the instance, its final state before the change, and its state now.
        self._changes: list[tuple[InstanceKey, str | None, str]] = []
        self._decisions: list[Decision] = []
        self._is_over = False
        self._restore(states or {}, skips or {}, active or {})

    @property
    def states(self) -> Mapping[InstanceKey, str]:
        """The state of each instance: a final state, "scheduled" if it is ready, or a state reported with `moved`."""
        return self._states

    @property
    def active(self) -> KeysView[InstanceKey]:
        """The ready instances that have not ended."""
        return self._active.keys()

    def instances(self, task_id: str) -> list[InstanceKey]:
        """Return the instances of a task in the order of their map indexes."""
        return [InstanceKey(task_id, map_index) for map_index in self._indexes[task_id]]

    def map_indexes_for(self, reader: InstanceKey, upstream_task_id: str) -> int | tuple[int, ...]:
        """Return the map indexes of those instances of an upstream task whose XComs `reader` reads.

        Returns:
            One map index, or several if their values form a sequence.
        """
        return self._lengths.indexes_read(reader, upstream_task_id, self._expanded_indexes[upstream_task_id])

    def begin(self) -> list[Decision]:
        """Return the first decisions after a start or restart of the run."""
        return self._decide()

    def ended(self, key: InstanceKey, state: str, skips: frozenset[str] = frozenset()) -> list[Decision]:
        """Report an instance that ended as success, failed or skipped.

        Instances that already have a final state are ignored.
        """
        return self.ended_together([Ending(key, state, skips)])

    def ended_together(self, endings: Iterable[Ending]) -> list[Decision]:
        """Report several instances at once, as Airflow's scheduler sees those that ended between two of its rounds."""
        for key, state, skips in endings:
            if key in self._active:
                self._end(key, state)
                if state == "failed" and self.graph.fail_fast:
                    self._stop_others(key.task_id)
                self._skip(key, skips)
        return self._decide()

    def unfinished(self) -> list[InstanceKey]:
        """Return the instances that have not ended."""
        keys = [key for task_id in self.graph.tasks for key in self.instances(task_id)]
        return [key for key in keys if self._states.get(key) not in FINAL_STATES]

    def stop(self, running: SettledState) -> list[Decision]:
        """End all instances that have not ended, except teardowns, as Airflow does when a run is marked as failed.

        Args:
            running: The state that running instances and waiting sensors get. All other instances are skipped.
        """
        for task_id, node in self.graph.tasks.items():
            for key in () if node.is_teardown else self.instances(task_id):
                state = self._states.get(key)
                if state in {"running", "deferred", "up_for_reschedule"}:
                    self._settle(key, running, "stopped")
                elif state not in FINAL_STATES:
                    self._settle(key, "skipped", "stopped")
        return self._decide()

    def moved(self, key: InstanceKey, state: str) -> None:
        """Report a state that is not final: running, up_for_retry, up_for_reschedule or deferred.

        If the DAG fails fast, running instances fail, and others are skipped. Branches and short circuits do not skip
        running instances.
        """
        if key in self._active:
            self._states[key] = state

    def expanded(self, node_id: str, length: int | None) -> list[Decision]:
        """Report the length of a mapped task or group; None if an upstream task has no result to expand."""
        task_ids = self._expanding.pop(node_id, {})
        if length is None:
            for task_id in task_ids:
                self._settle(InstanceKey(task_id), "upstream_failed", "no_length")
        else:
            self._lengths.learn(node_id, length)
            self._dependencies.length_known(node_id)
            for task_id in task_ids:
                self._expand(task_id)
        return self._decide()

    def _restore(
        self,
        states: Mapping[InstanceKey, str],
        skips: Mapping[InstanceKey, frozenset[str]],
        active: Mapping[InstanceKey, str],
    ) -> None:
        restored: defaultdict[str, list[int]] = defaultdict(list)
        for key in filter(lambda key: is_expanded(key.map_index), [*states, *active]):
            restored[key.task_id].append(key.map_index)
        for task_id in self.graph.tasks:
            length = self._lengths.of_task(task_id) if restored[task_id] else self._lengths.at_start(task_id)
            indexes = range(length) if length else [UNMAPPED]
            # If the length of a mapped task has decreased, Airflow removes the instances with higher map indexes.
            removed = [map_index for map_index in restored[task_id] if map_index not in indexes]
            self._create(task_id, [*indexes, *removed])
            for map_index in removed:
                self._settle(InstanceKey(task_id, map_index), "removed", "length")
        for key, state in states.items():
            if key.task_id not in self.graph.tasks:
                self._states[key] = "removed"
            elif state in FINAL_STATES and key.map_index in self._waiting[key.task_id]:
                self._end(key, state)
        for key, state in active.items():
            if self._waiting[key.task_id].pop(key.map_index, UNMAPPED) is None:
                self._active[key] = None
                self._states[key] = state
        for key, task_ids in skips.items():
            self._skip(key, task_ids)

    def _decide(self) -> list[Decision]:
        """Decide in rounds, until a round gives no instance a final state."""
        while self._changes or self._dependencies.have_changed:
            self._count_changes()
            self._evaluate_changed()
        return self._decided()

    def _count_changes(self) -> None:
        changes, self._changes = self._changes, []
        for key, before, state in changes:
            self._dependencies.instance_ended(key, state, before=before)

    def _evaluate_changed(self) -> None:
        while self._dependencies.have_changed:
            self._evaluate(*self._dependencies.next_changed())

    def _decided(self) -> list[Decision]:
        self._end_run()
        decisions, self._decisions = self._decisions, []
        return decisions

    def _evaluate(self, task_id: str, map_indexes: Iterable[int] | None) -> None:
        """Make decisions about the waiting instances of a task: all, or only those with the given map indexes."""
        waiting = self._waiting[task_id]
        indexes = list(waiting) if map_indexes is None else [index for index in map_indexes if index in waiting]
        for map_index, verdict, reason in self._dependencies.verdicts(task_id, indexes, self._states):
            key = InstanceKey(task_id, map_index)
            if key in self._skips:
                self._settle(key, "skipped", "skipped_by_upstream")
            elif verdict is None:
                continue
            elif verdict == "expanded_and_skipped" and self._is_to_expand(key):
                self._skips.add_all(task_id)
                self._expand(task_id)
            elif verdict != "ready":
                self._settle(key, "skipped" if verdict == "expanded_and_skipped" else verdict, reason)
            elif self._is_to_expand(key):
                self._expand(task_id)
            else:
                del waiting[map_index]
                self._active[key] = None
                self._states[key] = "scheduled"
                self._decisions.append(Ready(key))

    def _is_to_expand(self, key: InstanceKey) -> bool:
        return not is_expanded(key.map_index) and self._lengths.is_mapped(key.task_id)

    def _create(self, task_id: str, map_indexes: Iterable[int]) -> None:
        self._indexes[task_id] = dict.fromkeys(map_indexes)
        self._waiting[task_id] = dict.fromkeys(self._indexes[task_id])
        self._expanded_indexes[task_id] = tuple(filter(is_expanded, self._indexes[task_id]))
        self._dependencies.instances_created(task_id, self._indexes[task_id])

    def _expand(self, task_id: str) -> None:
        """Replace the placeholder instance of a mapped task by its expanded instances, or ask for the length."""
        if UNMAPPED not in self._waiting[task_id]:
            return
        unknown = self._lengths.unknown(task_id)
        if any(map(self._lengths.is_unknowable, unknown)):
            self._settle(InstanceKey(task_id), "upstream_failed", "no_length")
            return
        if unknown:
            if unknown[0] not in self._expanding:
                self._decisions.append(NeedsLength(unknown[0]))
            self._expanding[unknown[0]][task_id] = None
            return
        length = self._lengths.of_task(task_id)
        if not length:
            self._settle(InstanceKey(task_id), "skipped", "length")
            return
        self._dependencies.instance_replaced(task_id)
        self._create(task_id, range(length))

    def _end(self, key: InstanceKey, state: str) -> None:
        before = self._states.get(key)
        self._active.pop(key, None)
        self._waiting[key.task_id].pop(key.map_index, None)
        for task_ids in self._expanding.values():
            task_ids.pop(key.task_id, None)
        self._changes.append((key, before if before in FINAL_STATES else None, state))
        self._states[key] = state
        if not is_expanded(key.map_index):
            self._dependencies.source_ended(key.task_id)

    def _settle(self, key: InstanceKey, state: SettledState, reason: Reason) -> None:
        self._end(key, state)
        self._decisions.append(Settled(key, state, reason))

    def _skip(self, key: InstanceKey, task_ids: frozenset[str]) -> None:
        """Skip the tasks that a branch or a short circuit decided to skip."""
        for skip in self._skips.add(key, task_ids):
            indexes = self._indexes[skip.task_id]
            for map_index in list(indexes) if skip.map_index is None else {skip.map_index} & indexes.keys():
                skipped = InstanceKey(skip.task_id, map_index)
                if skip.ends(self._states.get(skipped)):
                    self._settle(skipped, "skipped", "skipped_by_upstream")

    def _stop_others(self, task_id: str) -> None:
        """Stop the run's other tasks, except teardowns, because the DAG fails fast."""
        for other_id, node in self.graph.tasks.items():
            if other_id != task_id and not node.is_teardown:
                for key in self.instances(other_id):
                    state = self._states.get(key)
                    if state == "running":
                        self._settle(key, "failed", "fail_fast")
                    elif state not in {"success", "failed", "skipped", "removed"}:
                        self._settle(key, "skipped", "fail_fast")

    def _end_run(self) -> None:
        if self._is_over or self._changes or self._active or any(self._expanding.values()):
            return
        self._is_over = True
        if any(self._waiting.values()):
            self._decisions.append(RunEnded("failed", "all_tasks_deadlocked"))
        else:
            self._decisions.append(ended_run(self.graph, self._states))
