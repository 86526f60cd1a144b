"""Renders the `ExternalTaskMarker` tasks of a run, so that a clear of the run needs no DAG file."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from .._airflow.graph import InstanceKey
from ..operators._dates import parse
from ._context import InstanceServices, instance_context
from ._markers import Marker, RunMarkers

if TYPE_CHECKING:
    from ._run import DagRunState


def markers_of(run: DagRunState) -> RunMarkers | None:
    """Return the markers of a run's DAG; None if it has none. As in Airflow, subclasses are not markers."""
    tasks = [task for task in run.dag.tasks if task.task_type == "ExternalTaskMarker"]
    if not tasks:
        return None
    with run.imports():
        return RunMarkers(run.version, {task.task_id: _marker(run, task) for task in tasks})


def _marker(run: DagRunState, task: Any) -> Marker:
    if task.is_mapped:
        return Marker("", "", "", 1, error="it is mapped, which Airflow can't clear either")
    services = InstanceServices(run, run.flow_run)
    context = instance_context(run, task, InstanceKey(task.task_id), services, try_number=0)
    twin = copy.copy(task)
    try:
        twin.render_template_fields(context)
        date = parse(twin.logical_date).isoformat()
    # A template can raise anything. The error must not fail the run, because only a clear needs the template.
    except Exception as error:  # noqa: BLE001
        return Marker("", "", "", 1, error=f"{type(error).__name__}: {error}")
    return Marker(str(twin.external_dag_id), str(twin.external_task_id), date, task.recursion_depth)
