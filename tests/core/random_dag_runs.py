"""Random DAGs (see `random_dags`) as graphs, and their runs through `Progress`, in the rounds of `dag.test()`."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from dag_graphs import Rounds, run

from airflow_compat._airflow.graph import Expansion, Graph, GroupNode, InstanceKey, TaskNode
from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.dags._decisions import NeedsLength, Ready, RunEnded, Settled
from airflow_compat.dags._progress import Ending, Progress

if TYPE_CHECKING:
    from random_dags import Spec, Task

LETTERS = {"success": "S", "failed": "F", "skipped": "K", "upstream_failed": "U", "removed": "R", None: "-"}


def graph_of_spec(spec: Spec) -> Graph:
    """The graph that the DAG of a spec has."""
    groups = {
        group["id"]: GroupNode(group["id"], parent=group["parent"], expansion=_expansion(group))
        for group in spec["groups"]
    }
    tasks = {
        task["id"]: TaskNode(
            task["id"],
            upstream=frozenset(task["up"]),
            downstream=frozenset(other["id"] for other in spec["tasks"] if task["id"] in other["up"]),
            trigger_rule=task["rule"],
            group_id=task["group"],
            expansion=_expansion(task),
            is_setup=task.get("setup", False),
            is_teardown=task.get("teardown", False),
            on_failure_fail_dagrun=task.get("fails_run", False),
            can_skip=task["kind"] != "work",
            is_branch=task["kind"] == "branch",
            retries=task["retries"],
        )
        for task in spec["tasks"]
    }
    return Graph(spec["dag_id"], tasks, groups=groups)


class RandomRun:
    """A run of a random DAG, in which tasks end as the spec tells."""

    def __init__(self, spec: Spec, release: AirflowVersion) -> None:
        self._tasks: dict[str, Task] = {task["id"]: task for task in spec["tasks"]}
        self._groups = {group["id"]: group for group in spec["groups"]}
        self._tries: dict[InstanceKey, int] = {}
        self._release = release
        self._graph = graph_of_spec(spec)
        self._progress: Progress = Rounds(self._graph, airflow_version=release)

    def result(self) -> dict[str, object]:
        """The run's state, and states and tries of the tasks, as they are recorded."""
        ended = run(self._progress, self._end, self._length)
        return {"run": ended.state, "tasks": ", ".join(map(self._text, self._tasks))}

    def states_one_by_one(self, chance: random.Random, *, restart_after: int | None = None) -> dict[InstanceKey, str]:
        """Let instances end one by one, in any order, with a restart after so many; return the final states."""
        progress = self._progress = Progress(self._graph, airflow_version=self._release)
        lengths: dict[str, int] = {}
        skips: dict[InstanceKey, frozenset[str]] = {}
        ready: list[InstanceKey] = []
        decisions = progress.begin()
        ended = 0
        while True:
            while decisions:
                decision = decisions.pop(0)
                if isinstance(decision, RunEnded):
                    return dict(progress.states)
                if isinstance(decision, Ready):
                    ready.append(decision.key)
                elif isinstance(decision, Settled) and decision.key in ready:
                    ready.remove(decision.key)
                elif isinstance(decision, NeedsLength):
                    length = self._length(decision.node_id)
                    if length is not None:
                        lengths[decision.node_id] = length
                    decisions += progress.expanded(decision.node_id, length)
            if ended == restart_after:
                states = dict(progress.states)
                progress = self._progress = Progress(
                    self._graph, airflow_version=self._release, states=states, lengths=lengths, skips=skips
                )
                decisions = progress.begin()
                assert {decision.key for decision in decisions if isinstance(decision, Ready)} == set(ready)
                assert len(decisions) == len(ready)
                decisions = []
            key = chance.choice(sorted(ready))
            ending = self._end(key)
            if ending is not None:
                ready.remove(key)
                ended += 1
                skips[key] = ending.skips
                decisions = progress.ended(*ending)

    def _end(self, key: InstanceKey) -> Ending | None:
        """What a try leads to; None if there is another try."""
        task = self._tasks[key.task_id]
        self._tries[key] = self._tries.get(key, 0) + 1
        if task["kind"] == "branch":
            followed = {below for branch in self._decision(key, task["follows"]) for below in self._from(branch)}
            return Ending(key, "success", self._below(key.task_id) - followed)
        if task["kind"] == "short_circuit":
            return Ending(key, "success", self._circuit(key, task))
        outcome = self._decision(key, task["outcomes"])
        if outcome == "skip":
            return Ending(key, "skipped")
        if outcome == "fail" or (isinstance(outcome, int) and self._tries[key] < outcome):
            return Ending(key, "failed") if self._tries[key] > task["retries"] else None
        return Ending(key, "success")

    def _decision(self, key: InstanceKey, decisions: list) -> object:
        return decisions[max(key.map_index, 0) % len(decisions)]

    def _circuit(self, key: InstanceKey, task: Task) -> frozenset[str]:
        if self._decision(key, task["proceeds"]):
            return frozenset()
        below = self._from(key.task_id) - {key.task_id} if task["ignore_rules"] else self._below(key.task_id)
        return frozenset(task_id for task_id in below if not self._tasks[task_id].get("teardown"))

    def _below(self, task_id: str) -> frozenset[str]:
        return self._progress.graph.tasks[task_id].downstream

    def _from(self, task_id: str) -> set[str]:
        """The task and all below it."""
        found, waiting = set(), [task_id]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting.extend(self._below(current))
        return found

    def _length(self, node_id: str) -> int | None:
        """The length of the values in an XCom; of an expanded task, the number of instances that have one."""
        expand = (self._groups.get(node_id) or self._tasks[node_id])["expand"]
        source = self._tasks[expand["over"]]
        states = [self._progress.states.get(key) for key in self._progress.instances(source["id"])]
        if not source["expand"]:
            return source["returns"] if states == ["success"] else None
        unfinished = {"scheduled", "up_for_retry", None} & set(states)
        return None if unfinished else states.count("success")

    def _text(self, task_id: str) -> str:
        keys = self._progress.instances(task_id)
        expanded = "*" if keys[0].map_index >= 0 else ""
        return expanded + " ".join(
            f"{LETTERS[self._progress.states.get(key)]}{self._tries.get(key, 0)}" for key in keys
        )


def _expansion(node: dict) -> Expansion | None:
    if not node["expand"]:
        return None
    if "over" in node["expand"]:
        return Expansion(upstream=(node["expand"]["over"],))
    return Expansion(length=node["expand"]["length"])
