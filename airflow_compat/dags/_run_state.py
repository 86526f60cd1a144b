"""The final state of a DAG run."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_compat._airflow.graph import Graph, InstanceKey
from airflow_compat.dags._decisions import RunEnded


def ended_run(graph: Graph, states: Mapping[InstanceKey, str]) -> RunEnded:
    """Return how a run has ended, after all its task instances have ended.

    The leaves decide. Teardowns do not count, unless they have `on_failure_fail_dagrun`: see
    `DagRun._tis_for_dagrun_state` in Airflow.
    """
    leaves = leaf_ids(graph)
    if any(state in {"failed", "upstream_failed"} for key, state in states.items() if key.task_id in leaves):
        return RunEnded("failed", "task_failure")
    return RunEnded("success", "success")


def leaf_ids(graph: Graph) -> frozenset[str]:
    """Return the ids of the tasks whose states determine the state of the run."""

    def counts(task_id: str) -> bool:
        node = graph.tasks[task_id]
        return not node.is_teardown or node.on_failure_fail_dagrun

    leaves = frozenset(
        task_id for task_id, node in graph.tasks.items() if counts(task_id) and not any(map(counts, node.downstream))
    )
    # A DAG can consist only of teardowns.
    return leaves or frozenset(task_id for task_id, node in graph.tasks.items() if not node.downstream)
