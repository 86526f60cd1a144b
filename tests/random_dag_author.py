"""Writes random DAGs (see `random_dags`) as their authors would: with Airflow's names, or with ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random_dags import Spec, Task


@dataclass(frozen=True)
class Names:
    """The names that the author imports."""

    dag: Any
    task_group: Any
    mapped_task_group: Any
    dict_of_lists_expand_input: Any
    python_operator: Any
    branch_python_operator: Any
    short_circuit_operator: Any
    skip_exception: type[BaseException]


class Author:
    """Writes DAGs with some names."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def dag_of(self, spec: Spec) -> Any:
        """The DAG of a spec."""
        start = datetime(2026, 1, 1, tzinfo=timezone.utc)
        arguments = {"retry_delay": timedelta(0), "start_date": start}
        with self._names.dag(spec["dag_id"], schedule=None, start_date=start, default_args=arguments) as dag:
            self._add(spec, None, {})
        return dag

    def _add(self, spec: Spec, parent: str | None, made: dict[str, Any]) -> set[str]:
        """Add the tasks and groups of a group, and the edges among them; return the ids of its tasks."""
        inside = set()
        for kind, item in _children(spec, parent):
            if kind == "task":
                made[item["id"]] = self._operator(item, made)
                inside.add(item["id"])
            else:
                with self._group(item, made):
                    inside |= self._add(spec, item["id"], made)
        # Edges first, since the end of a mapped group draws edges to its roots.
        for task in spec["tasks"]:
            for up in task["up"]:
                if {task["id"], up} <= inside and up not in made[task["id"]].upstream_task_ids:
                    made[task["id"]].set_upstream(made[up])
        return inside

    def _group(self, group: dict[str, Any], made: dict[str, Any]) -> Any:
        arguments = {"group_id": group["id"], "prefix_group_id": False}
        if not group["expand"]:
            return self._names.task_group(**arguments)
        values = self._names.dict_of_lists_expand_input({"value": _values(group["expand"], made)})
        return self._names.mapped_task_group(expand_input=values, **arguments)

    def _operator(self, task: Task, made: dict[str, Any]) -> Any:
        arguments = {"task_id": task["id"], "trigger_rule": task["rule"], "retries": task["retries"]}
        if task["kind"] == "work":
            operator = self._names.python_operator
            given = {"outcomes": task["outcomes"], "returns": task["returns"]}
            arguments |= {"python_callable": _work(self._names.skip_exception), "op_kwargs": given}
        elif task["kind"] == "branch":
            operator = self._names.branch_python_operator
            arguments |= {"python_callable": _choose, "op_kwargs": {"choices": task["follows"]}}
        else:
            operator = self._names.short_circuit_operator
            arguments |= {"python_callable": _choose, "op_kwargs": {"choices": task["proceeds"]}}
            arguments["ignore_downstream_trigger_rules"] = task["ignore_rules"]
        if task["expand"]:
            return operator.partial(**arguments).expand(op_args=_values(task["expand"], made))
        result = operator(**arguments)
        if task.get("setup"):
            result.as_setup()
        if task.get("teardown"):
            result.as_teardown(on_failure_fail_dagrun=task["fails_run"])
        return result


def _work(skip_exception: type[BaseException]) -> Callable[..., list[list[int]]]:
    # Values that a task is expanded over are positional, up to three.
    def work(
        _1: object = None,
        _2: object = None,
        _3: object = None,
        *,
        outcomes: list[str | int],
        returns: int,
        **context: Any,
    ) -> list[list[int]]:
        """Ends as told for its map index and try."""
        ti = context["ti"]
        outcome = outcomes[max(ti.map_index, 0) % len(outcomes)]
        if outcome == "skip":
            raise skip_exception
        if outcome == "fail" or (isinstance(outcome, int) and ti.try_number < outcome):
            raise ValueError(outcome)
        return [[number] for number in range(returns)]

    return work


def _choose(_1: object = None, _2: object = None, _3: object = None, *, choices: list[Any], **context: Any) -> Any:
    """What a branch or a short circuit decides for its map index."""
    return choices[max(context["ti"].map_index, 0) % len(choices)]


def _children(spec: Spec, parent: str | None) -> list[tuple[str, dict[str, Any]]]:
    tasks = [("task", task) for task in spec["tasks"] if task["group"] == parent]
    groups = [("group", group) for group in spec["groups"] if group["parent"] == parent]

    # A group is defined where its first task is; expansions refer to tasks above.
    def place(child: tuple[str, dict[str, Any]]) -> int:
        kind, item = child
        return int(item["id"][1:]) if kind == "task" else _first(spec, item["id"])

    return sorted((child for child in tasks + groups if place(child) < len(spec["tasks"])), key=place)


def _first(spec: Spec, group_id: str) -> int:
    own = [int(task["id"][1:]) for task in spec["tasks"] if task["group"] == group_id]
    inner = [_first(spec, group["id"]) for group in spec["groups"] if group["parent"] == group_id]
    return min([*own, *inner, len(spec["tasks"])])


def _values(expand: dict[str, Any], made: dict[str, Any]) -> Any:
    return made[expand["over"]].output if "over" in expand else [[number] for number in range(expand["length"])]
