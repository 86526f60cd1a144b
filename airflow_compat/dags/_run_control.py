"""Finds and lists the runs of DAGs and their task instances. See `airflow_compat.dags.runs`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from .._airflow.data_interval import read_labels
from .._airflow.graph import Graph, InstanceKey
from .._prefect.instance_keys import TRY, instance_in
from .._prefect.runs import instance_times, state_name, task_runs
from ..errors import DagRunRequestError, InvalidArgumentError, InvalidRunDatesError
from . import _server_runs as server
from ._clear_rules import FAILED, Selection, check_map_index, select
from ._expansion import Lengths
from ._published import read_graph, read_instances
from ._result import TaskInstanceResult

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun, TaskRun

MOST_RUNS = 200
"""How many runs of a DAG a list can have, as Prefect's server returns no more in one answer."""


@dataclass(frozen=True)
class DagRunInfo:
    """A run of a DAG, as the server knows it.

    Attributes:
        flow_run_id: The id of the flow run.
        name: The name of the flow run: Airflow's run id, unless a user chose another name.
        state: The name of the flow run's state in Prefect.
        run_type: Airflow's run type; empty if the run has not begun.
        logical_date: The logical date; None if the run has none, or has not begun.
        has_deployment: Whether a worker can run the flow run again.
    """

    flow_run_id: UUID
    name: str
    state: str
    run_type: str
    logical_date: datetime | None
    start_date: datetime | None
    end_date: datetime | None
    has_deployment: bool


def runs_of(dag_id: str, limit: int) -> tuple[DagRunInfo, ...]:
    """Return the latest runs of a DAG.

    Raises:
        DagRunRequestError: The server has no flow of the DAG.
        InvalidArgumentError: The limit is out of range.
        ServerError: A request to the server failed.
    """
    if not 1 <= limit <= MOST_RUNS:
        raise InvalidArgumentError(f"limit={limit} is out of range. Use a number from 1 to {MOST_RUNS}.")
    found = server.read_runs(dag_id, limit)
    if not found and not server.has_flow(dag_id):
        raise DagRunRequestError(
            f"The server has no DAG {dag_id!r}: no flow with this name was deployed or has run. `prefect flow ls` "
            "lists the flows."
        )
    return tuple(_info(each) for each in found)


def _info(flow_run: FlowRun) -> DagRunInfo:
    try:
        labels = read_labels(flow_run.labels)
        run_type, date = labels.run_type or "", labels.logical_date
    except InvalidRunDatesError:
        run_type, date = "", None
    state = flow_run.state.name if flow_run.state else ""
    is_deployed = flow_run.deployment_id is not None
    start, end = flow_run.start_time, flow_run.end_time
    return DagRunInfo(flow_run.id, flow_run.name, str(state), run_type, date, start, end, is_deployed)


def find_run(run: str | UUID) -> FlowRun:
    """Find a flow run by its id, by its name, or by `<dag_id>/<name>`.

    Raises:
        DagRunRequestError: No flow run has this id or name, or several flow runs have this name.
        ServerError: A request to the server failed.
    """
    text = str(run)
    dag_id, slash, name = text.partition("/")
    found = server.find_runs(name, dag_id) if slash else server.find_runs(text, None)
    if len(found) == 1:
        return found[0]
    if not found:
        raise DagRunRequestError(
            f"The server has no flow run {text!r}. `airflow-compat runs list DAG_ID` lists the runs."
        )
    raise DagRunRequestError(
        f"{len(found)} flow runs have the name {text!r}. Pass DAG_ID/NAME, or the id: {found[0].id}."
    )


def instances_of(flow_run: FlowRun) -> tuple[TaskInstanceResult, ...]:
    """Return the task instances of a run: those that it stored when it ended, or those of the server's task runs."""
    stored = _stored(flow_run)
    return _shown(flow_run, read_graph(flow_run.id)) if stored is None else stored


def _stored(flow_run: FlowRun) -> tuple[TaskInstanceResult, ...] | None:
    return read_instances(flow_run) if is_final(flow_run) else None


def _shown(flow_run: FlowRun, graph: Graph | None) -> tuple[TaskInstanceResult, ...]:
    shown: dict[InstanceKey, list[TaskRun]] = {}
    for each in task_runs(flow_run.id):
        if key := instance_in(each.task_key, each.name):
            shown.setdefault(key, []).append(each)
    order = {task_id: place for place, task_id in enumerate(graph.topological_order())} if graph else {}
    begun = {key.task_id for key in shown}
    keys = [*shown, *(InstanceKey(task_id) for task_id in order if task_id not in begun)]
    keys.sort(key=lambda key: (order.get(key.task_id, len(order)), key))
    return tuple(_instance(key, shown.get(key, [])) for key in keys)


def _instance(key: InstanceKey, runs: list[TaskRun]) -> TaskInstanceResult:
    if not runs:
        return TaskInstanceResult(*key, state=None, try_number=0)
    last, tries = runs[-1], sum(each.task_key.startswith(TRY) for each in runs)
    return TaskInstanceResult(*key, state_name(last.state), tries, *instance_times(runs))


def planned(flow_run: FlowRun, selection: Selection, *, is_exact: bool = False) -> tuple[str, ...]:
    """Return the names of the task instances that a request would clear, judged by the states on the server.

    Args:
        flow_run: The flow run.
        selection: The selection.
        is_exact: Whether the setups and teardowns of the selected tasks are left out, as in a request that marks tasks.

    Raises:
        DagRunRequestError: The DAG has no such task, no selected task has the map index, or the run has not begun.
        ServerError: A request to the server failed.
    """
    graph = read_graph(flow_run.id)
    if graph is None:
        raise DagRunRequestError(f"Flow run {flow_run.name!r} has not begun, so it has no task instances to clear.")
    missing = [task_id for task_id in selection.task_ids if task_id not in graph.tasks]
    if missing:
        known = ", ".join(sorted(graph.tasks)[:20])
        raise DagRunRequestError(f"Flow run {flow_run.name!r} has no task {missing[0]!r}. Use one of {known}.")
    lengths, stored = Lengths(graph, {}), _stored(flow_run)
    if stored is not None:
        check_map_index(selection, (InstanceKey(each.task_id, each.map_index) for each in stored))
    elif not any(map(lengths.is_mapped, selection.task_ids or graph.tasks)):
        check_map_index(selection, ())
    selected = select(selection, graph, lengths)
    return tuple(
        each.name
        for each in (_shown(flow_run, graph) if stored is None else stored)
        if each.state is not None
        and InstanceKey(each.task_id, each.map_index) in selected
        and (not selection.failed or each.state in FAILED)
        and (not is_exact or each.task_id in selection.task_ids)
    )


def is_final(flow_run: FlowRun) -> bool:
    return flow_run.state is not None and flow_run.state.is_final()
