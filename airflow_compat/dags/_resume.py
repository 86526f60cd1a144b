"""Continues a run after a restart of its flow run: ended tasks stay ended, and failed tasks run again.

If the process was killed, all records stay valid. If the run had ended, a retry clears failed task instances, the
instances that failed because of these, and all downstream instances, as Airflow's "clear" does. If the run was
cancelled, or its process received SIGTERM, a retry also clears the stopped task instances.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .._airflow.graph import Graph, InstanceKey
from .._airflow.version import AirflowVersion
from ._clear_rules import FAILED
from ._expansion import Lengths, is_expanded
from ._progress import Progress
from ._records import Records


def load_records(records: Records, graph: Graph, task_ids: Iterable[str] | None = None) -> None:
    """Read the records that earlier processes wrote, for all tasks or for the given ones."""
    wanted = list(graph.tasks if task_ids is None else task_ids)
    tasks = [task_id for task_id, task in graph.tasks.items() if task.expansion]
    groups = [group_id for group_id, group in graph.groups.items() if group.expansion]
    records.load(wanted, [*tasks, *groups])
    lengths = Lengths(graph, records.lengths)
    for task_id in wanted:
        if lengths.is_mapped(task_id):
            records.load_instances(task_id, lengths.of_task(task_id) or 0)


def clear_failed(records: Records, graph: Graph) -> None:
    """Clear failed and stopped task instances and all downstream ones, so that they run again."""
    ended, stopped = records.all(), records.stopped()
    # A try may have recorded its outcome while the run was being stopped.
    failed = {each.key for each in ended if each.state in FAILED or (each.key in stopped and not each.ran)}
    tasks = {key.task_id for key in failed}
    others = _with_downstream(graph, tasks) - tasks
    # If a mapped task failed, only its failed instances run again.
    clear(records, graph, [each.key for each in ended if each.task_id in others or each.key in failed])


def clear(
    records: Records,
    graph: Graph,
    keys: Iterable[InstanceKey],
    *,
    active: Iterable[InstanceKey] = (),
    request: str = "",
) -> None:
    """Clear task instances.

    Also forget the length of each mapped task or group that depends on them, unless other instances with that length
    are kept.

    Args:
        records: The records.
        graph: The DAG.
        keys: The task instances.
        active: The instances that run in this process.
        request: The id of the request that asked for the task instances to be cleared.
    """
    keys = set(keys)
    cleared = {key.task_id for key in keys}
    others = {*active, *(record.key for record in records.all())} - keys
    kept = {key.task_id for key in others if is_expanded(key.map_index)}
    kept_nodes = kept | {group.group_id for task_id in kept for group in graph.mapped_groups_around(task_id)}
    expansions = {task_id: task.expansion for task_id, task in graph.tasks.items()}
    expansions |= {group_id: group.expansion for group_id, group in graph.groups.items()}
    lengths = [
        node_id
        for node_id, expansion in expansions.items()
        if expansion and not cleared.isdisjoint(expansion.upstream) and node_id not in kept_nodes
    ]
    records.clear(keys, lengths=lengths, request=request)


def progress_of(
    records: Records, graph: Graph, version: AirflowVersion, *, active: Mapping[InstanceKey, str] | None = None
) -> Progress:
    """Return the object that makes the decisions about a run, which begins or continues from its records.

    Args:
        records: The records.
        graph: The DAG.
        version: Airflow's version.
        active: The states of the instances that are now running in this process.
    """
    ended = [record for record in records.all() if record.is_final]
    return Progress(
        graph,
        airflow_version=version,
        states={record.key: record.state for record in ended} | dict.fromkeys(records.removed, "removed"),
        lengths=records.lengths,
        skips={record.key: frozenset(record.skips) for record in ended if record.skips},
        active=active,
    )


def _with_downstream(graph: Graph, task_ids: Iterable[str]) -> set[str]:
    """Return the given tasks, all tasks downstream of them, and the setups that any of these tasks need."""
    found: set[str] = set()
    waiting = list(task_ids)
    while waiting:
        task_id = waiting.pop()
        if task_id not in found:
            found.add(task_id)
            waiting += graph.tasks[task_id].downstream
    return found | {
        upstream for task_id in found for upstream in graph.tasks[task_id].upstream if graph.tasks[upstream].is_setup
    }
