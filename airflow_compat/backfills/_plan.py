"""Plans a backfill from the runs that a schedule requires and the runs on the server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from .._airflow.data_interval import LABEL_END, LABEL_LOGICAL_DATE, LABEL_RUN_TYPE, LABEL_START
from ..schedules._timetable import ScheduledRun

BACKFILL_TAG = "airflow-compat.backfill"
"""The tag of all backfill runs."""

Rerun: TypeAlias = Literal["none", "failed", "completed"]
"""Selects the ended runs that a backfill repeats."""
Action: TypeAlias = Literal["create", "rerun", "running", "exists"]

_ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
_FAILED = ("FAILED", "CRASHED", "CANCELLED")


@dataclass(frozen=True)
class HeldRun:
    """A flow run that the server has for a logical date.

    Attributes:
        state_type: The type of the run's state, such as `COMPLETED`.
        began: Whether the run has ever been running.
        has_deployment: Whether the run belongs to a deployment, so that a worker can run it again.
    """

    id: str
    state_type: str
    state_name: str
    began: bool
    has_deployment: bool = True

    @property
    def has_ended(self) -> bool:
        return self.state_type in _ENDED

    @property
    def has_failed(self) -> bool:
        """Whether the run failed, crashed or was cancelled."""
        return self.state_type in _FAILED

    @property
    def never_ran(self) -> bool:
        """Whether the run was cancelled before it began, for example by catch-up.

        The interval of a run that never ran still needs a run.
        """
        return self.state_type == "CANCELLED" and not self.began


@dataclass(frozen=True)
class BackfillRun:
    """A data interval of a backfill, and its result. Dates are in UTC.

    Attributes:
        logical_date: The logical date.
        data_interval_start: The start of the interval.
        data_interval_end: The end of the interval, which is not part of it.
        action: `create` or `rerun` if a new run is needed, `running` if a run is active, or `exists` if a run has
            ended.
        flow_run_id: The id of the flow run; empty if there is none.
        state: The name of the run's state; empty if there is no run.
        reason: The reason why no run was created, or why the run failed. Empty on success.
    """

    logical_date: datetime
    data_interval_start: datetime
    data_interval_end: datetime
    action: Action
    flow_run_id: str = ""
    state: str = ""
    reason: str = ""

    @property
    def done(self) -> bool:
        """Whether the interval has a run that has not failed."""
        return bool(self.flow_run_id) and not self.reason

    def as_dict(self) -> dict[str, object]:
        """Return the run as JSON data."""
        return {
            "logical_date": self.logical_date.isoformat(),
            "data_interval_start": self.data_interval_start.isoformat(),
            "data_interval_end": self.data_interval_end.isoformat(),
            "action": self.action,
            "flow_run_id": self.flow_run_id,
            "state": self.state,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class PlannedRun:
    """A run that the schedule requires, and what the backfill does for it.

    Attributes:
        run: The run that the schedule requires.
        action: See `BackfillRun`.
        after: The id of the latest backfill run for this logical date; empty if there is none.
        held: The latest run for this logical date on the server. None for `create`.
        clears: Whether, as in Airflow, a rerun clears the tasks of the latest run instead of creating another run.
    """

    run: ScheduledRun
    action: Action
    after: str = ""
    held: HeldRun | None = None
    clears: bool = False

    def outcome(self, held: HeldRun | None, reason: str = "") -> BackfillRun:
        return BackfillRun(
            self.run.logical_date,
            self.run.data_interval_start,
            self.run.data_interval_end,
            self.action,
            flow_run_id=held.id if held else "",
            state=held.state_name if held else "",
            reason=reason,
        )

    def request(self, deployment_id: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the request that creates the flow run. Sending this request twice creates only one run."""
        date = self.run.logical_date.isoformat()
        # The idempotency key contains the id of the latest backfill run. If it contained a count of runs instead, a key
        # could repeat after a run was deleted, and the server would return an old run.
        again = f" after {self.after}" if self.after else ""
        return {
            "name": f"backfill__{date}",
            "parameters": dict(parameters),
            "tags": [BACKFILL_TAG],
            "labels": {
                LABEL_RUN_TYPE: "backfill",
                LABEL_LOGICAL_DATE: date,
                LABEL_START: self.run.data_interval_start.isoformat(),
                LABEL_END: self.run.data_interval_end.isoformat(),
            },
            "idempotency_key": f"{BACKFILL_TAG} {deployment_id} {date}{again}",
            "state": {"type": "SCHEDULED", "name": "Scheduled"},
        }


def plan_backfill(
    runs: Iterable[ScheduledRun],
    held: Mapping[datetime, list[HeldRun]],
    scheduled: Mapping[datetime, HeldRun],
    *,
    rerun: Rerun,
    of_dag: Mapping[datetime, HeldRun] | None = None,
) -> list[PlannedRun]:
    """Plan an action for each run, by the rules of `airflow.models.backfill._get_dag_run_no_create_reason`.

    Args:
        runs: The runs that the schedule requires.
        held: The backfill runs that the server has, by logical date.
        scheduled: The runs that the deployment's own schedules created, by scheduled time.
        rerun: Which ended runs to repeat.
        of_dag: If the flow runs a DAG: its runs of any type that have begun, by logical date.
    """
    known = of_dag or {}
    return [
        _planned(
            run, held.get(run.logical_date, []), scheduled.get(run.run_after), rerun, of_dag=known.get(run.logical_date)
        )
        for run in runs
    ]


def _planned(
    run: ScheduledRun, ours: list[HeldRun], own: HeldRun | None, rerun: Rerun, *, of_dag: HeldRun | None = None
) -> PlannedRun:
    latest = ours[-1] if ours else own
    if of_dag is not None and (latest is None or latest.has_ended):
        latest = of_dag
    after = ours[-1].id if ours else ""
    if latest is None or latest.never_ran:
        return PlannedRun(run, "create", after)
    if not latest.has_ended:
        return PlannedRun(run, "running", after, latest)
    again = rerun == "completed" or (rerun == "failed" and latest.has_failed)
    if latest is of_dag and not latest.has_deployment:
        again = False
    return PlannedRun(run, "rerun" if again else "exists", after, latest, clears=again and latest is of_dag)
