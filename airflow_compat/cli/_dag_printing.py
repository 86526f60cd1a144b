"""The output about DAG files: their problems, the progress of a run, and graphs and results as JSON data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text

from .. import dags, deployments
from ._printing import new_console

if TYPE_CHECKING:
    from .._airflow.graph import Graph
    from ..dags._result import DagRunResult, TaskInstanceResult

LEVELS: dict[dags.Level, str] = {"error": "red", "warning": "yellow", "note": "dim"}
_STATES = {"success": "green", "skipped": "magenta", "up_for_retry": "yellow"}


def print_ended(instance: TaskInstanceResult) -> None:
    """Print a line for a task instance that has ended, to standard error."""
    state = instance.state or "no state"
    tries = f" (try {instance.try_number})" if instance.try_number > 1 else ""
    line = Text(f"{instance.name}: {state}{tries}", style=_STATES.get(state, "red"))
    new_console(stderr=True).print(line, soft_wrap=True)


def print_problems(problems: Iterable[dags.Problem | deployments.Problem]) -> None:
    console = new_console()
    for problem in problems:
        console.print(Text(f"{problem.level}: {problem}", style=LEVELS[problem.level]), soft_wrap=True)


def graph_dict(graph: Graph, operators: Mapping[str, str]) -> dict[str, Any]:
    return {
        "dag_id": graph.dag_id,
        "tasks": [
            {
                "task_id": task_id,
                "operator": operators[task_id],
                "group_id": task.group_id,
                "downstream": sorted(task.downstream),
                "trigger_rule": task.trigger_rule,
                "is_mapped": task.expansion is not None,
                "is_setup": task.is_setup,
                "is_teardown": task.is_teardown,
            }
            for task_id, task in graph.tasks.items()
        ],
        "groups": [
            {"group_id": group_id, "parent": group.parent, "is_mapped": group.expansion is not None}
            for group_id, group in graph.groups.items()
        ],
    }


def result_dict(result: DagRunResult) -> dict[str, Any]:
    return {
        "dag_id": result.dag_id,
        "run_id": result.run_id,
        "state": result.state,
        "reason": result.reason,
        "logical_date": result.logical_date.isoformat() if result.logical_date else None,
        "task_instances": [
            {
                "task_id": each.task_id,
                "map_index": each.map_index,
                "state": each.state,
                "try_number": each.try_number,
                "start_date": each.start_date.isoformat() if each.start_date else None,
                "end_date": each.end_date.isoformat() if each.end_date else None,
                "is_hosted": each.is_hosted,
            }
            for each in result.task_instances
        ],
    }
