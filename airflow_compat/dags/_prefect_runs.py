"""The runs of other DAGs on Prefect, for tasks that wait for them."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .._airflow.data_interval import read_labels
from .._airflow.graph import Graph, InstanceKey
from .._prefect.internals.names import STATES
from .._prefect.polling import poll_until
from .._prefect.runs import state_name
from ..errors import InvalidRunDatesError
from ..operators._dag_runs import OtherDag, OtherRun
from . import _server as server
from ._clear_rules import FAILED, select
from ._expansion import Lengths
from ._identity import RunClaim, dates_from_text
from ._objects import StoredObjects
from ._published import read_graph
from ._records import Records
from ._requests import pending_requests
from ._resume import load_records
from ._run_control import instances_of, is_final
from ._server_runs import find_runs, read_runs

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

_SECONDS_BETWEEN_LOOKS = 1.0


class PrefectRuns:
    """Runs of other DAGs that run as Prefect flows, in any process.

    Args:
        storage: The result storage. The records of other runs are read if these runs use the same storage.
    """

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def dag(self, dag_id: str) -> OtherDag | None:
        """Return a DAG as its latest run has published it; None if the DAG has never run."""
        for flow_run in read_runs(dag_id, 10):
            if (graph := read_graph(flow_run.id)) is not None:
                return dag_of(graph)
        return None

    def wait(self, dag_id: str, run_id: str, seconds: float) -> str | None:
        """Wait at most `seconds` until a run ends, and return the run's state; None if the run does not exist."""
        flow_run = self._find(dag_id, run_id)
        if flow_run is None:
            time.sleep(seconds)
            return None
        flow_run_id = flow_run.id
        last = poll_until(
            lambda: server.read_flow_run(flow_run_id),
            lambda run: run is None or is_final(run),
            within=seconds,
            every=min(seconds, _SECONDS_BETWEEN_LOOKS),
        )
        return run_state(last) if last else None

    def runs(
        self, dag_id: str, *, logical_dates: Collection[datetime] | None = None, run_ids: Collection[str] | None = None
    ) -> Sequence[OtherRun]:
        """Return the runs with these logical dates, or with these ids."""
        if run_ids is None:
            found = [self._of_date(dag_id, date) for date in logical_dates or ()]
        else:
            found = [self._find(dag_id, run_id) for run_id in run_ids]
        return [self._other_run(flow_run) for flow_run in found if flow_run is not None]

    def task_states(self, dag_id: str, run_id: str) -> Mapping[InstanceKey, str | None]:
        """Return the states of the task instances of a run.

        For an instance that has not ended, the state may be None. An instance that will be cleared has no state, even
        if no worker has taken up the run yet.
        """
        flow_run = self._find(dag_id, run_id)
        if flow_run is None:
            return {}
        records, graph = Records(StoredObjects(self._storage, flow_run.id)), read_graph(flow_run.id)
        if graph is None or records.begun() is None:
            found = {InstanceKey(each.task_id, each.map_index): each.state for each in instances_of(flow_run)}
        else:
            load_records(records, graph)
            ended: dict[InstanceKey, str | None] = {each.key: each.state for each in records.all() if each.is_final}
            found = {**_without_state(graph, records.lengths, ended), **ended}
        return found if graph is None else found | dict.fromkeys(_to_clear(flow_run, graph, records.lengths, found))

    def _find(self, dag_id: str, run_id: str) -> FlowRun | None:
        """Find a run by its run id: by the logical date in the id, or by the name of its flow run."""
        of_date = self._of_date(dag_id, _date_in(run_id))
        if of_date is not None and self._other_run(of_date).run_id == run_id:
            return of_date
        return next(iter(find_runs(run_id, dag_id)), None)

    def _of_date(self, dag_id: str, date: datetime | None) -> FlowRun | None:
        holder = server.holder_of(RunClaim(dag_id, date).name) if date else None
        return server.read_flow_run(holder.flow_run_id) if holder else None

    def _other_run(self, flow_run: FlowRun) -> OtherRun:
        begun = Records(StoredObjects(self._storage, flow_run.id)).begun()
        if begun:
            dates = dates_from_text(begun)
            return OtherRun(begun["run_id"], dates.logical_date if dates.is_dated else None, run_state(flow_run))
        try:
            date = read_labels(flow_run.labels).logical_date
        except InvalidRunDatesError:
            date = None
        return OtherRun(flow_run.name, date, run_state(flow_run))


def run_state(flow_run: FlowRun) -> str:
    """Return Airflow's word for the state of a DAG's run."""
    state = flow_run.state
    if state is None or (state.is_scheduled() and state.name != STATES.awaiting_retry) or state.is_pending():
        return "queued"
    return state_name(state) if state.is_final() else "running"


def dag_of(graph: Graph) -> OtherDag:
    """Return the tasks and groups of a graph."""
    groups: dict[str, set[str]] = {group_id: set() for group_id in graph.groups}
    for task_id in graph.tasks:
        for group in graph.groups_around(task_id):
            groups[group.group_id].add(task_id)
    return OtherDag(frozenset(graph.tasks), {name: frozenset(task_ids) for name, task_ids in groups.items()})


def _without_state(
    graph: Graph, lengths: Mapping[str, int], states: Mapping[InstanceKey, str | None]
) -> dict[InstanceKey, str | None]:
    """Return the known task instances that have not ended."""
    known = Lengths(graph, lengths)
    found: dict[InstanceKey, str | None] = {}
    for task_id in graph.tasks:
        if InstanceKey(task_id) in states:
            # The mapped task was skipped before it was expanded, so it has only one instance.
            continue
        length = known.of_task(task_id) if known.is_mapped(task_id) else None
        keys = [InstanceKey(task_id)] if length is None else [InstanceKey(task_id, index) for index in range(length)]
        found |= dict.fromkeys(keys)
    return found


def _to_clear(
    flow_run: FlowRun, graph: Graph, lengths: Mapping[str, int], states: Mapping[InstanceKey, str | None]
) -> Iterator[InstanceKey]:
    """Yield the task instances that a request clears which the run has not carried out yet."""
    for request in pending_requests(flow_run.id):
        selection = request.selection
        if request.action == "clear" and set(selection.task_ids) <= set(graph.tasks):
            selected = select(selection, graph, Lengths(graph, lengths))
            yield from (
                key for key, state in states.items() if key in selected and (not selection.failed or state in FAILED)
            )


def _date_in(run_id: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(run_id.partition("__")[2])
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
