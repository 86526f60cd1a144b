"""The states of task instances and DAG runs, and the types of DAG runs."""

from __future__ import annotations

from datetime import datetime
from enum import Enum


class _Word(str, Enum):
    def __str__(self) -> str:
        return str(self.value)


class TaskInstanceState(_Word):
    """The state of a task instance. The state is None before Airflow's scheduler has looked at the instance."""

    REMOVED = "removed"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    RESTARTING = "restarting"
    FAILED = "failed"
    UP_FOR_RETRY = "up_for_retry"
    UP_FOR_RESCHEDULE = "up_for_reschedule"
    UPSTREAM_FAILED = "upstream_failed"
    SKIPPED = "skipped"
    DEFERRED = "deferred"
    AWAITING_INPUT = "awaiting_input"
    SHUTDOWN = "shutdown"


class DagRunState(_Word):
    """The state of a DAG run."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"


class DagRunType(_Word):
    """The type of a DAG run, which tells why the run was created. Each release has only some of these types."""

    BACKFILL_JOB = "backfill"
    SCHEDULED = "scheduled"
    MANUAL = "manual"
    DATASET_TRIGGERED = "dataset_triggered"
    OPERATOR_TRIGGERED = "operator_triggered"
    ASSET_TRIGGERED = "asset_triggered"
    ASSET_MATERIALIZATION = "asset_materialization"
    # Airflow 3's name for BACKFILL_JOB.
    BACKFILL = "backfill"

    def generate_run_id(self, logical_date: datetime) -> str:
        """Return a run id in Airflow 2's form, such as `manual__2024-01-01T00:00:00+00:00`."""
        return f"{self}__{logical_date.isoformat()}"

    @staticmethod
    def from_run_id(run_id: str) -> DagRunType:
        """Return the run type that is the prefix of a run id; `MANUAL` if no run type is its prefix."""
        return next((kind for kind in DagRunType if run_id.startswith(f"{kind}__")), DagRunType.MANUAL)


class State:
    """Each state as a constant, and sets of states such as all finished ones."""

    SUCCESS = TaskInstanceState.SUCCESS
    RUNNING = TaskInstanceState.RUNNING
    FAILED = TaskInstanceState.FAILED
    NONE = None
    REMOVED = TaskInstanceState.REMOVED
    SCHEDULED = TaskInstanceState.SCHEDULED
    QUEUED = TaskInstanceState.QUEUED
    RESTARTING = TaskInstanceState.RESTARTING
    UP_FOR_RETRY = TaskInstanceState.UP_FOR_RETRY
    UP_FOR_RESCHEDULE = TaskInstanceState.UP_FOR_RESCHEDULE
    UPSTREAM_FAILED = TaskInstanceState.UPSTREAM_FAILED
    SKIPPED = TaskInstanceState.SKIPPED
    DEFERRED = TaskInstanceState.DEFERRED
    SHUTDOWN = TaskInstanceState.SHUTDOWN

    finished_dr_states: frozenset[DagRunState] = frozenset({DagRunState.SUCCESS, DagRunState.FAILED})
    unfinished_dr_states: frozenset[DagRunState] = frozenset({DagRunState.QUEUED, DagRunState.RUNNING})
    task_states: tuple[TaskInstanceState | None, ...] = (None, *TaskInstanceState)
    dag_states: tuple[DagRunState, ...] = (
        DagRunState.QUEUED,
        DagRunState.SUCCESS,
        DagRunState.RUNNING,
        DagRunState.FAILED,
    )
    failed_states: frozenset[TaskInstanceState] = frozenset(
        {TaskInstanceState.FAILED, TaskInstanceState.UPSTREAM_FAILED}
    )
    success_states: frozenset[TaskInstanceState] = frozenset({TaskInstanceState.SUCCESS, TaskInstanceState.SKIPPED})
    finished: frozenset[TaskInstanceState] = frozenset({*failed_states, *success_states, TaskInstanceState.REMOVED})
    unfinished: frozenset[TaskInstanceState | None] = (
        frozenset({None, *TaskInstanceState}) - finished - {TaskInstanceState.SHUTDOWN}
    )
