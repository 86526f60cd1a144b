"""Follows cleared `ExternalTaskMarker` tasks to the tasks of other DAGs that a clear includes.

The rules are those of `DAG._get_task_instances` with `include_dependent_dags` in Airflow 2.11. Airflow 3.3 ignores
markers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from airflow_compat._airflow.graph import Graph, InstanceKey
from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.dags._clear_rules import FAILED, Selection, select
from airflow_compat.dags._expansion import Lengths
from airflow_compat.errors import DagRunRequestError


@dataclass(frozen=True)
class Marker:
    """A marker with rendered templates.

    Attributes:
        dag_id: The other DAG.
        task_id: The other DAG's task.
        logical_date: The logical date of the other DAG's run, as ISO text.
        recursion_depth: Through how many DAGs the first marker of a clear can lead.
        error: The reason why the marker could not be rendered; empty if it was.
    """

    dag_id: str
    task_id: str
    logical_date: str
    recursion_depth: int
    error: str = ""


@dataclass(frozen=True)
class RunMarkers:
    """The markers of a run by task id, and the Airflow version for which the DAG file was written."""

    airflow_version: AirflowVersion
    markers: Mapping[str, Marker]


@dataclass(frozen=True)
class ClearableRun:
    """A run of a DAG, with the states of its task instances and its markers by task id."""

    id: UUID
    graph: Graph
    states: Mapping[InstanceKey, str | None]
    markers: Mapping[str, Marker] = field(default_factory=dict)


@dataclass(frozen=True)
class Followed:
    """The runs of other DAGs that markers name.

    Attributes:
        selections: By run: the task instances to clear.
        notes: For each marker that clears nothing: the reason.
    """

    selections: Mapping[UUID, Selection]
    notes: tuple[str, ...]


def chosen(run: ClearableRun, selection: Selection) -> list[InstanceKey]:
    """Return the task instances of a run that a selection contains."""
    selected = select(selection, run.graph, Lengths(run.graph, {}))
    return [key for key, state in run.states.items() if key in selected and (not selection.failed or state in FAILED)]


def follow(run: ClearableRun, selection: Selection, find: Callable[[Marker], ClearableRun | None]) -> Followed:
    """Return the tasks of other DAGs that a clear of a run includes.

    Args:
        run: The run that is cleared.
        selection: The task instances of the run that are cleared.
        find: Returns the run that a marker names; None if it does not exist.

    Raises:
        DagRunRequestError: The markers lead through more DAGs than the first marker allows, or a marker could not be
            rendered.
    """
    search = _Search(selection.failed, find)
    search.visit(run, selection, depth=1)
    selections = {
        run_id: Selection(tuple(task_ids), downstream=True, failed=selection.failed)
        for run_id, task_ids in search.found.items()
    }
    return Followed(selections, tuple(search.notes))


class _Search:
    def __init__(self, failed: bool, find: Callable[[Marker], ClearableRun | None]) -> None:
        self._failed, self._find = failed, find
        self._visited: set[tuple[UUID, InstanceKey]] = set()
        self._most: int | None = None
        self.found: dict[UUID, dict[str, None]] = {}
        self.notes: dict[str, None] = {}

    def visit(self, run: ClearableRun, selection: Selection, *, depth: int) -> None:
        for key in sorted(key for key in chosen(run, selection) if key.task_id in run.markers):
            if (run.id, key) in self._visited:
                continue
            self._visited.add((run.id, key))
            self._follow(key.task_id, run, depth)

    def _follow(self, task_id: str, run: ClearableRun, depth: int) -> None:
        marker, name = run.markers[task_id], f"ExternalTaskMarker {task_id!r} of DAG {run.graph.dag_id!r}"
        if marker.error:
            raise DagRunRequestError(
                f"{name} names no task of another DAG: {marker.error}. Correct it, or leave out the other DAGs with "
                "recursive=False (--no-recursive)."
            )
        # As in Airflow, the first marker sets the limit for all markers.
        self._most = self._most or marker.recursion_depth
        if depth > self._most:
            raise DagRunRequestError(
                f"{name} is beyond the maximum recursion depth {self._most}: the markers form a cycle, or lead through "
                "too many DAGs. Increase recursion_depth of the first marker, or pass recursive=False "
                "(--no-recursive)."
            )
        other = self._find(marker)
        if other is None or marker.task_id not in other.graph.tasks:
            what = (
                f"task {marker.task_id!r}" if other else f"run of {marker.logical_date} that has begun on this server"
            )
            self.notes[f"{name} clears nothing: DAG {marker.dag_id!r} has no {what}."] = None
            return
        self.found.setdefault(other.id, {})[marker.task_id] = None
        below = Selection((marker.task_id,), downstream=True, failed=self._failed)
        self.visit(other, below, depth=depth + 1)
