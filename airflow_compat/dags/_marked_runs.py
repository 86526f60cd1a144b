"""Finds the runs of other DAGs that the `ExternalTaskMarker` tasks of a cleared run name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from .._airflow.graph import InstanceKey
from . import _server as server
from ._clear_rules import Selection
from ._identity import RunClaim
from ._markers import ClearableRun, Marker, follow
from ._published import read_graph, read_markers
from ._run_control import instances_of, planned

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.client.schemas.objects import FlowRun


@dataclass(frozen=True)
class OtherClear:
    """The changes of a clear in the run of another DAG: `shown` has the names of the task instances to clear."""

    dag_id: str
    flow_run: FlowRun
    selection: Selection
    shown: tuple[str, ...]


@dataclass(frozen=True)
class OtherClears:
    """The changes of a clear in other DAGs, and the reason for each marker that clears nothing."""

    clears: tuple[OtherClear, ...] = ()
    notes: tuple[str, ...] = ()


def clears_of_others(flow_run: FlowRun, selection: Selection, *, recursive: bool | None) -> OtherClears:
    """Return what a clear of a run changes in other DAGs.

    Args:
        flow_run: The run that is cleared.
        selection: The task instances that are cleared.
        recursive: Whether markers are followed. With None, they are followed if the run's DAG file was written for
            Airflow 2.

    Raises:
        DagRunRequestError: The markers lead through too many DAGs, or a marker could not be rendered.
        ServerError: A request to the server failed.
    """
    if recursive is False:
        return OtherClears()
    own = read_markers(flow_run.id)
    if own is None or (recursive is None and own.airflow_version != "2"):
        return OtherClears()
    found = _Runs()
    first = found.of(flow_run)
    if first is None:
        return OtherClears()
    followed = follow(first, selection, found.named_by)
    clears = [
        OtherClear(found.clearable[run_id].graph.dag_id, flow_run, narrowed, planned(flow_run, narrowed))
        for run_id, narrowed in followed.selections.items()
        for flow_run in [found.flow_runs[run_id]]
    ]
    return OtherClears(tuple(each for each in clears if each.shown), followed.notes)


class _Runs:
    """The runs that a search has met."""

    def __init__(self) -> None:
        self.flow_runs: dict[UUID, FlowRun] = {}
        self.clearable: dict[UUID, ClearableRun] = {}

    def of(self, flow_run: FlowRun) -> ClearableRun | None:
        """Return a run; None if it has not begun."""
        if flow_run.id not in self.clearable:
            graph = read_graph(flow_run.id)
            if graph is None:
                return None
            states = {InstanceKey(each.task_id, each.map_index): each.state for each in instances_of(flow_run)}
            known = {key: state for key, state in states.items() if key.task_id in graph.tasks}
            markers = read_markers(flow_run.id)
            self.flow_runs[flow_run.id] = flow_run
            self.clearable[flow_run.id] = ClearableRun(flow_run.id, graph, known, markers.markers if markers else {})
        return self.clearable[flow_run.id]

    def named_by(self, marker: Marker) -> ClearableRun | None:
        """Return the run that a marker names; None if there is none, or if it has not begun."""
        date = datetime.fromisoformat(marker.logical_date)
        holder = server.holder_of(RunClaim(marker.dag_id, date).name)
        flow_run = server.read_flow_run(holder.flow_run_id) if holder else None
        return self.of(flow_run) if flow_run else None
