"""Airflow's rules for `depends_on_past` and `wait_for_downstream`, applied to facts about the previous run.

The semantics are those of `airflow/ti_deps/deps/prev_dagrun_dep.py` in 2.11.0 and 3.3.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from airflow_compat._airflow.graph import UNMAPPED, Graph, InstanceKey
from airflow_compat.dags._expansion import Lengths

_SUCCESSFUL = frozenset({"success", "skipped"})


@dataclass(frozen=True)
class RunBefore:
    """The known facts about the previous run: the run with the closest earlier logical date.

    Attributes:
        states: The final states of the previous run's task instances that have ended.
        lengths: The known lengths of the previous run's mapped tasks and groups.
        is_over: Whether the previous run has ended, so that no further task instance of it can get a state.
    """

    states: Mapping[InstanceKey, str] = field(default_factory=dict)
    lengths: Mapping[str, int] = field(default_factory=dict)
    is_over: bool = False


def needed_in_run_before(task_id: str, graph: Graph) -> tuple[str, ...]:
    """Return the ids of those tasks of the previous run on which a task depends."""
    node = graph.tasks[task_id]
    if not (node.depends_on_past or node.wait_for_downstream):
        return ()
    return (task_id, *(sorted(node.downstream) if node.wait_for_downstream else ()))


def awaited_in_run_before(task_id: str, graph: Graph, before: RunBefore, *, ignores_first: bool) -> str:
    """Return the id of a task that must first end or succeed in the previous run; empty if `task_id` may run.

    Args:
        task_id: The task.
        graph: The DAG.
        before: The previous run.
        ignores_first: The task's `ignore_first_depends_on_past`: whether the task may run if the previous run did not
            contain it.
    """
    for needed in needed_in_run_before(task_id, graph):
        states = {key.map_index: state for key, state in before.states.items() if key.task_id == needed}
        if before.is_over and not states:
            # The previous run did not contain the task `needed`. For downstream tasks, Airflow only looks for
            # unsuccessful instances, and finds none.
            if needed == task_id and not ignores_first:
                return needed
        elif not _SUCCESSFUL.issuperset(states.values()) or not (before.is_over or _all_ended(needed, graph, before)):
            return needed
    return ""


def _all_ended(task_id: str, graph: Graph, before: RunBefore) -> bool:
    """Return True if all instances of a task have ended in the previous run, which is still active."""
    if InstanceKey(task_id, UNMAPPED) in before.states:
        return True
    length = Lengths(graph, before.lengths).of_task(task_id) or 0
    return length > 0 and all(InstanceKey(task_id, map_index) in before.states for map_index in range(length))
