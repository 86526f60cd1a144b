"""Defines the interface through which operators find and start runs of other DAGs.

The part of this package that runs DAGs implements the interface.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from .._airflow.graph import InstanceKey
from ..errors import UnsupportedFeatureError


@dataclass(frozen=True)
class OtherRun:
    """A run of another DAG. `state` is the run's state in Airflow's terms, such as "success"."""

    run_id: str
    logical_date: datetime | None
    state: str


@dataclass(frozen=True)
class OtherDag:
    """Another DAG.

    Attributes:
        task_ids: The ids of the DAG's tasks; None if they are unknown because the DAG has never run.
        groups: Maps the id of each task group to the ids of the group's tasks; None if the task groups are unknown.
    """

    task_ids: frozenset[str] | None
    groups: Mapping[str, frozenset[str]] | None = None

    def in_group(self, group_id: str) -> frozenset[str]:
        """Return the ids of a task group's tasks.

        If the groups are unknown, these are the ids that begin with the group's id.
        """
        if self.groups is not None:
            return self.groups.get(group_id, frozenset())
        return frozenset(task_id for task_id in self.task_ids or () if task_id.startswith(f"{group_id}."))

    def missing(self, task_ids: Collection[str]) -> list[str]:
        """Return those of the given ids that no task of the DAG has."""
        return [] if self.task_ids is None else [task_id for task_id in task_ids if task_id not in self.task_ids]

    def has_group(self, group_id: str) -> bool:
        """Return True if the task group exists, or if neither tasks nor groups of the DAG are known."""
        return self.task_ids is None or group_id in (self.groups or ()) or bool(self.in_group(group_id))


class DagRuns(Protocol):
    """Finds and starts runs of other DAGs."""

    def dag(self, dag_id: str) -> OtherDag | None:
        """Return a DAG; None if it does not exist."""

    def trigger(
        self,
        dag_id: str,
        *,
        run_id: str,
        logical_date: datetime | None,
        conf: Mapping[str, Any] | None,
        run_after: datetime | None = None,
        reset: bool = False,
    ) -> OtherRun:
        """Start a run, and return it without waiting for its end.

        With `reset`, clear an existing run and start it again.

        Raises:
            DagNotFound: The DAG does not exist.
            DagRunAlreadyExists: A run with this id or logical date already exists.
        """

    def wait(self, dag_id: str, run_id: str, seconds: float) -> str | None:
        """Wait until a run ends, for at most `seconds`, and return its state, or None if the run does not exist."""

    def runs(
        self, dag_id: str, *, logical_dates: Collection[datetime] | None = None, run_ids: Collection[str] | None = None
    ) -> Sequence[OtherRun]:
        """Return the runs with these logical dates, or with these ids."""

    def task_states(self, dag_id: str, run_id: str) -> Mapping[InstanceKey, str | None]:
        """Return the states of all task instances of a run."""


_dag_runs: ContextVar[DagRuns | None] = ContextVar("airflow_compat_dag_runs", default=None)


@contextmanager
def providing(runs: DagRuns) -> Iterator[None]:
    """Set the object with which operators and triggers in the block find and start runs of other DAGs."""
    token = _dag_runs.set(runs)
    try:
        yield
    finally:
        _dag_runs.reset(token)


def dag_runs(needed_by: str) -> DagRuns:
    """Return the object that finds and starts runs of other DAGs.

    Raises:
        UnsupportedFeatureError: No DAG flow is running, so there is no such object.
    """
    found = _dag_runs.get()
    if found is None:
        raise UnsupportedFeatureError(
            f"{needed_by} needs the runs of other DAGs, but it runs outside a DAG flow. Run its DAG with "
            "airflow_compat.dags.load_flow or airflow_compat.dags.test."
        )
    return found


def matching_count(
    states: Collection[str],
    *,
    dag_id: str,
    logical_dates: Collection[datetime],
    task_ids: Collection[str] | None,
    group_id: str | None,
    needed_by: str,
) -> float:
    """Return the number of logical dates for which the tasks, the task group or the run are in one of the states.

    As in Airflow, each matching instance of a mapped task counts, and a task group counts if all its task instances
    match.
    """
    found = dag_runs(needed_by)
    runs = found.runs(dag_id, logical_dates=logical_dates)
    if not task_ids and not group_id:
        return sum(run.state in states for run in runs)
    if not runs:
        return 0
    wanted = set(task_ids or ()) or _group_tasks(found.dag(dag_id), str(group_id))
    by_run = [
        [state in states for key, state in found.task_states(dag_id, run.run_id).items() if key.task_id in wanted]
        for run in runs
    ]
    if task_ids:
        return sum(map(sum, by_run)) / len(task_ids)
    return sum(bool(matches) and all(matches) for matches in by_run)


def _group_tasks(dag: OtherDag | None, group_id: str) -> frozenset[str]:
    return dag.in_group(group_id) if dag else frozenset()
