"""Adapts a continued run to a changed DAG file, from which tasks were removed or in which removed tasks are back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from math import prod

from .._airflow.graph import UNMAPPED, Graph, InstanceKey
from ._records import Records


def take_changes(records: Records, graph: Graph) -> None:
    """Compare the DAG with the versions of it that earlier processes of the run recorded, and update the records.

    As in Airflow, the instances of a removed task get the state `removed`. If a removed task is added again, its
    instances run again.
    """
    before = _noted(records)
    ever: dict[str, Sequence[str | int]] = {}
    for tasks in before:
        ever |= tasks
    last = before[-1] if before else {}
    back = {task_id for task_id in graph.tasks if task_id in ever and task_id not in last}
    if back:
        records.clear(record.key for record in records.all() if record.task_id in back)
    gone = {task_id: nodes for task_id, nodes in ever.items() if task_id not in graph.tasks}
    records.load_removed(key for task_id, nodes in gone.items() for key in _instances(task_id, nodes, records))
    tasks = {task_id: _nodes(graph, task_id) for task_id in graph.tasks}
    if tasks != last:
        records.objects.write(f"tasks~{len(before)}", json.dumps(tasks))


def _noted(records: Records) -> list[dict[str, list[str | int]]]:
    """Return the tasks that were recorded for each version of the DAG, the oldest version first."""
    found: list[dict[str, list[str | int]]] = []
    while (text := records.objects.read(f"tasks~{len(found)}")) is not None:
        found.append(json.loads(text))
    return found


def _nodes(graph: Graph, task_id: str) -> list[str | int]:
    """Return the lengths of a task and of the mapped groups around it; an id replaces a length that is unknown."""
    groups = [(group.group_id, group.expansion) for group in graph.mapped_groups_around(task_id)]
    nodes = [*groups, (task_id, graph.tasks[task_id].expansion)]
    return [node_id if each.length is None else each.length for node_id, each in nodes if each]


def _instances(task_id: str, nodes: Sequence[str | int], records: Records) -> Iterator[InstanceKey]:
    lengths = [node if isinstance(node, int) else _length(records, node) for node in nodes]
    known = [length for length in lengths if length is not None]
    if lengths and len(known) == len(lengths):
        yield from (InstanceKey(task_id, map_index) for map_index in range(prod(known)))
    else:
        yield InstanceKey(task_id, UNMAPPED)


def _length(records: Records, node_id: str) -> int | None:
    return records.lengths.get(node_id) or records.read_length(node_id)
