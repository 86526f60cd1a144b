"""A run's graph and task instances, stored on the server for commands that have no DAG file or result storage."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from .._airflow.graph import Expansion, Graph, GroupNode, TaskNode
from . import _server as server
from ._markers import Marker, RunMarkers
from ._records import moment
from ._result import TaskInstanceResult

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

_KEY, _INSTANCES, _MARKERS = "airflow-compat-graph", "airflow-compat-instances", "airflow-compat-markers"
_MOST_INSTANCES = 5000


def publish(flow_run_id: UUID, graph: Graph, markers: RunMarkers | None, *, is_first: bool) -> None:
    """Store the graph and the markers of a run on the server, unless the graph is already stored.

    Raises:
        ServerError: A request to the server failed.
    """
    text = _text_of(graph)
    if is_first or server.read_input(flow_run_id, _KEY) != text:
        server.write_input(flow_run_id, _KEY, text)
        _write_markers(flow_run_id, markers)


def read_graph(flow_run_id: UUID) -> Graph | None:
    """Return the graph that a run has published: edges, setups, teardowns and mapping. None if the run has not begun.

    Raises:
        ServerError: A request to the server failed.
    """
    text = server.read_input(flow_run_id, _KEY)
    return None if text is None else _graph_of(json.loads(text))


def read_markers(flow_run_id: UUID) -> RunMarkers | None:
    """Return the markers of a run; None if it has none.

    Raises:
        ServerError: A request to the server failed.
    """
    text = server.read_input(flow_run_id, _MARKERS)
    if text is None:
        return None
    values = json.loads(text)
    markers = {task_id: Marker(**marker) for task_id, marker in values["markers"].items()}
    return RunMarkers(values["airflow_version"], markers)


def publish_instances(flow_run: FlowRun, instances: Iterable[TaskInstanceResult], markers: RunMarkers | None) -> None:
    """Store the task instances and the markers of a run on the server, when the run ends.

    Prefect's task runs can't replace this data: they arrive late, and lack the numbers of tries.

    Raises:
        ServerError: A request to the server failed.
    """
    rows = [
        [each.task_id, each.map_index, each.state, each.try_number, *map(_seconds, (each.start_date, each.end_date))]
        for each in instances
    ]
    if len(rows) <= _MOST_INSTANCES:
        text = json.dumps({"process": flow_run.run_count, "instances": rows}, separators=(",", ":"))
        server.write_input(flow_run.id, _INSTANCES, text)
    _write_markers(flow_run.id, markers)


def _write_markers(flow_run_id: UUID, markers: RunMarkers | None) -> None:
    if markers is not None:
        server.write_input(flow_run_id, _MARKERS, json.dumps(asdict(markers)))


def read_instances(flow_run: FlowRun) -> tuple[TaskInstanceResult, ...] | None:
    """Return the task instances of a run that has ended; None if the run's last process did not store them.

    Raises:
        ServerError: A request to the server failed.
    """
    text = server.read_input(flow_run.id, _INSTANCES)
    values = {} if text is None else json.loads(text)
    if values.get("process") != flow_run.run_count:
        return None
    return tuple(TaskInstanceResult(*row[:4], *map(moment, row[4:])) for row in values["instances"])


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _text_of(graph: Graph) -> str:
    tasks = {
        task_id: {
            "up": sorted(node.upstream),
            "group": node.group_id,
            "mapped": _length_of(node.expansion),
            "role": "setup" if node.is_setup else "teardown" if node.is_teardown else None,
        }
        for task_id, node in graph.tasks.items()
    }
    groups = {
        group_id: {"parent": node.parent, "mapped": _length_of(node.expansion)}
        for group_id, node in graph.groups.items()
    }
    values = {"dag_id": graph.dag_id, "tasks": {task_id: _given(node) for task_id, node in tasks.items()}}
    return json.dumps({**values, "groups": {group_id: _given(node) for group_id, node in groups.items()}})


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, [])}


def _length_of(expansion: Expansion | None) -> int | None:
    """Return the literal length of a mapped task or group; -1 if the length is not literal, None if not mapped."""
    return None if expansion is None else -1 if expansion.length is None else expansion.length


def _graph_of(values: dict[str, Any]) -> Graph:
    nodes: dict[str, dict[str, Any]] = values["tasks"]
    below: dict[str, set[str]] = {task_id: set() for task_id in nodes}
    for task_id, node in nodes.items():
        for upstream in node.get("up", ()):
            below[upstream].add(task_id)
    tasks = {
        task_id: TaskNode(
            task_id,
            upstream=frozenset(node.get("up", ())),
            downstream=frozenset(below[task_id]),
            group_id=node.get("group"),
            expansion=_expansion_of(node.get("mapped")),
            is_setup=node.get("role") == "setup",
            is_teardown=node.get("role") == "teardown",
        )
        for task_id, node in nodes.items()
    }
    groups = {
        group_id: GroupNode(group_id, node.get("parent"), expansion=_expansion_of(node.get("mapped")))
        for group_id, node in values["groups"].items()
    }
    return Graph(values["dag_id"], tasks, groups=groups)


def _expansion_of(length: int | None) -> Expansion | None:
    return None if length is None else Expansion(length=None if length < 0 else length)
