"""Random DAGs as plain JSON: the same seed makes the same DAG, for real Airflow and for ours.

A spec has tasks in the order of their definition and groups. Names are those of JSON keys:

- `up`: the ids of the direct upstream tasks, also of those whose XComs are expanded over.
- `kind`: work, branch or short_circuit. `follows` and `proceeds` are what these two decide, by map index.
- `outcomes`: by map index: success, fail (on each try), skip, or the number of the try that succeeds.
- `returns`: the length of the list that a task returns.
- `expand`: `{"length": 2}` or `{"over": task_id}`, of a task or a group.
- `setup`, `teardown`, `fails_run`: what Airflow calls `is_setup`, `is_teardown` and `on_failure_fail_dagrun`.
"""

from __future__ import annotations

import json
import random
import zlib
from typing import Any

Spec = dict[str, Any]
Task = dict[str, Any]

LARGEST = 40
RULES = {
    "2": [
        "all_failed",
        "all_done",
        "one_success",
        "one_failed",
        "one_done",
        "none_failed",
        "none_failed_min_one_success",
        "none_skipped",
        "all_skipped",
        "always",
    ],
}
RULES["3"] = [*RULES["2"], "all_done_min_one_success"]
# Rules that can be met before all upstream tasks have ended.
_EARLY = {"always", "one_success", "one_failed", "one_done"}


def spec_of(seed: int, release: str) -> Spec:
    """The DAG of a seed, with the trigger rules of a release ("2" or "3")."""
    return _Maker(random.Random(f"{release}-{seed}"), release).spec(f"random_{seed}")


def checksum(spec: Spec) -> int:
    """Tells whether a recorded spec is still what its seed makes."""
    return zlib.crc32(json.dumps(spec, sort_keys=True).encode())


class _Maker:
    def __init__(self, chance: random.Random, release: str) -> None:
        self.chance = chance
        self.release = release
        self.tasks: list[Task] = []
        self.groups: list[dict[str, Any]] = []

    def spec(self, dag_id: str) -> Spec:
        size = min(LARGEST, 3 + int(self.chance.expovariate(1 / 11)))
        while len(self.tasks) < size:
            if self.chance.random() < 0.22:
                self._group(None, size)
            else:
                self._task(None)
        self._decide_branches()
        self._avoid_races()
        return {"dag_id": dag_id, "tasks": self.tasks, "groups": self.groups}

    def _group(self, parent: str | None, size: int) -> None:
        group: dict[str, Any] = {"id": f"g{len(self.groups)}", "parent": parent, "expand": None}
        if not self._is_mapped(parent) and self.chance.random() < 0.6:
            group["expand"] = self._expansion(least=1)
        self.groups.append(group)
        first = len(self.tasks)
        for _ in range(self.chance.randint(2, 5)):
            if parent is None and self.chance.random() < 0.15:
                self._group(group["id"], size)
            elif len(self.tasks) < size:
                self._task(group["id"])
        members = self.tasks[first:]
        if group["expand"] and "over" in group["expand"]:
            inside = {task["id"] for task in members}
            for task in members:
                # Airflow draws these edges to the roots of the group.
                if not inside & set(task["up"]) and group["expand"]["over"] not in task["up"]:
                    task["up"].append(group["expand"]["over"])

    def _task(self, group: str | None) -> None:
        chance = self.chance
        task: Task = {"id": f"t{len(self.tasks)}", "group": group, "kind": "work", "rule": "all_success", "retries": 0}
        task |= {"returns": chance.choice([0, 1, 2, 2, 3]), "expand": None, "up": self._upstream()}
        is_teardown = self._is_teardown(task)
        if not is_teardown:
            if chance.random() < 0.06 and not task["up"]:
                task["setup"] = True
            elif not any(self._by_id(up).get("setup") for up in task["up"]) and chance.random() < 0.42 and task["up"]:
                task["rule"] = chance.choice(RULES[self.release])
            if not self._is_mapped(group) and not task.get("setup") and chance.random() < 0.14:
                task["expand"] = self._expansion(least=0)
                if "over" in task["expand"] and task["expand"]["over"] not in task["up"]:
                    task["up"].append(task["expand"]["over"])
            task["kind"] = (
                "work" if task.get("setup") else chance.choices(["work", "branch", "short_circuit"], [80, 12, 8])[0]
            )
        # The same rule as for direct children holds for "always": Airflow refuses it in mapped groups.
        if task["rule"] == "always" and self._is_mapped(group):
            task["rule"] = "all_done"
        if task["kind"] == "work":
            task["retries"] = chance.choice([0, 0, 0, 1, 2])
            task["outcomes"] = [self._outcome(task["retries"]) for _ in range(chance.choice([1, 2, 3]))]
        elif task["kind"] == "short_circuit":
            task["proceeds"] = [chance.random() < 0.4 for _ in range(chance.choice([1, 2, 3]))]
            task["ignore_rules"] = chance.random() < 0.6
        self.tasks.append(task)

    def _outcome(self, retries: int) -> str | int:
        kind = self.chance.choices(["success", "fail", "skip", "flaky"], [74, 9, 7, 10])[0]
        return kind if kind != "flaky" else self.chance.randint(1, retries + 1)

    def _upstream(self) -> list[str]:
        near = [task["id"] for task in self.tasks[-6:]]
        number = min(len(near), self.chance.choices([0, 1, 2, 3], [15, 40, 30, 15])[0])
        return self.chance.sample(near, number)

    def _is_teardown(self, task: Task) -> bool:
        """Make the task a teardown of a setup in the same group, if there is one."""
        setups = [other for other in self.tasks if other.get("setup") and other["group"] == task["group"]]
        if not setups or self.chance.random() > 0.3:
            return False
        setup = self.chance.choice(setups)["id"]
        task |= {"teardown": True, "fails_run": self.chance.random() < 0.3, "rule": "all_done_setup_success"}
        task["up"] = [*(up for up in task["up"] if up != setup), setup]
        return True

    def _expansion(self, *, least: int) -> dict[str, Any]:
        sources = [
            task["id"]
            for task in self.tasks
            if task["kind"] == "work" and not self._is_mapped(task["group"]) and not {"setup", "teardown"} & task.keys()
        ]
        if sources and self.chance.random() < 0.6:
            return {"over": self.chance.choice(sources)}
        return {"length": self.chance.choice([least, 1, 2, 3, 3])}

    def _decide_branches(self) -> None:
        for task in self.tasks:
            if task["kind"] == "branch":
                below = [other["id"] for other in self.tasks if task["id"] in other["up"]]
                below = [other for other in below if not self._by_id(other).get("teardown")]
                number = self.chance.choice([1, 2, 3])
                task["follows"] = [self.chance.sample(below, self.chance.randint(0, len(below))) for _ in range(number)]

    def _avoid_races(self) -> None:
        """Give a task another rule where its own lets it start while a branch or short circuit could skip it.

        `dag.test()` runs tasks that are ready together in no certain order.
        """
        for task in self.tasks:
            above = self._ancestors(task["id"])
            circuits = any(self._by_id(up)["kind"] == "short_circuit" for up in above)
            branches = any(self._by_id(up)["kind"] == "branch" for up in task["up"])
            if task["rule"] in _EARLY and (circuits or branches):
                task["rule"] = self.chance.choice(["all_done", "none_failed", "none_failed_min_one_success"])

    def _ancestors(self, task_id: str) -> set[str]:
        found: set[str] = set()
        waiting = [task_id]
        while waiting:
            for up in self._by_id(waiting.pop())["up"]:
                if up not in found:
                    found.add(up)
                    waiting.append(up)
        return found

    def _by_id(self, task_id: str) -> Task:
        return self.tasks[int(task_id[1:])]

    def _is_mapped(self, group_id: str | None) -> bool:
        while group_id is not None:
            group = self.groups[int(group_id[1:])]
            if group["expand"]:
                return True
            group_id = group["parent"]
        return False
