"""What a backfill makes of a deployment's schedule and of the runs that there are already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from .._airflow.data_interval import LABEL_END, LABEL_LOGICAL_DATE, LABEL_RUN_TYPE, LABEL_START
from .._airflow.timetable import ScheduledRun

BACKFILL_TAG = "airflow-compat.backfill"
"""The tag of all runs that backfills make."""

Rerun: TypeAlias = Literal["none", "failed", "completed"]
Action: TypeAlias = Literal["create", "rerun", "running", "exists"]

_ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
_FAILED = ("FAILED", "CRASHED", "CANCELLED")


@dataclass(frozen=True)
class HeldRun:
    """A flow run that the server has for a logical date.

    Attributes:
        id: Its id.
        state_type: The type of its state, such as `COMPLETED`.
        state_name: The state's name.
        began: Whether it has ever been running.
        is_backfill: Whether a backfill made it.
    """

    id: str
    state_type: str
    state_name: str
    began: bool
    is_backfill: bool

    @property
    def has_ended(self) -> bool:
        """Whether its state is final."""
        return self.state_type in _ENDED

    @property
    def has_failed(self) -> bool:
        """Whether it has ended in any way but well."""
        return self.state_type in _FAILED

    @property
    def never_ran(self) -> bool:
        """Whether it was cancelled before it began, as catch-up does: its date is still to be filled in."""
        return self.state_type == "CANCELLED" and not self.began


@dataclass(frozen=True)
class BackfillRun:
    """One data interval of a backfill, and what was done about it.

    Attributes:
        logical_date: Its logical date, in UTC as the others.
        data_interval_start: The earliest moment of its data.
        data_interval_end: The moment after the latest.
        action: `create` or `rerun` where a run is made, `running` where there is one that hasn't ended, `exists` where
            there is one that has.
        flow_run_id: The flow run's id; empty where none was made.
        state: The name of its state; empty where there is no run.
        reason: Why nothing was made of it, or how it failed; empty where all is well.
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
        """Whether the interval's data is there, as far as its run says."""
        return bool(self.flow_run_id) and not self.reason

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
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
class Planned:
    """A run of the schedule, what is to be done about it, and the latest run that there is.

    Attributes:
        run: The schedule's.
        action: See `BackfillRun`.
        after: The id of the latest run that backfills made for it; empty where there is none.
        held: The latest run that the server has for it.
    """

    run: ScheduledRun
    action: Action
    after: str = ""
    held: HeldRun | None = None

    def outcome(self, held: HeldRun | None, reason: str = "") -> BackfillRun:
        """What became of it."""
        run = self.run
        dates = (run.logical_date, run.data_interval_start, run.data_interval_end)
        if held is None:
            return BackfillRun(*dates, self.action, reason=reason)
        return BackfillRun(*dates, self.action, held.id, held.state_name, reason)

    def request(self, deployment_id: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """What creates its flow run, once however often it is sent."""
        run = self.run
        date = run.logical_date.isoformat()
        # Not how many there were: runs may be deleted, and a key that is taken gives the run that has it.
        again = f" after {self.after}" if self.after else ""
        return {
            "name": f"backfill__{date}",
            "parameters": dict(parameters),
            "tags": [BACKFILL_TAG],
            "labels": {
                LABEL_RUN_TYPE: "backfill",
                LABEL_LOGICAL_DATE: date,
                LABEL_START: run.data_interval_start.isoformat(),
                LABEL_END: run.data_interval_end.isoformat(),
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
) -> list[Planned]:
    """What is to be done about each run (`airflow.models.backfill._get_dag_run_no_create_reason`).

    Args:
        runs: The schedule's, in order.
        held: The runs of backfills, by logical date, the latest last.
        scheduled: The deployment's own runs, by the moment that they were scheduled for.
        rerun: Which runs that have ended are made again.
    """
    return [_planned(run, held.get(run.logical_date, []), scheduled.get(run.run_after), rerun) for run in runs]


def _planned(run: ScheduledRun, ours: list[HeldRun], own: HeldRun | None, rerun: Rerun) -> Planned:
    latest = ours[-1] if ours else own
    after = ours[-1].id if ours else ""
    if latest is None or latest.never_ran:
        return Planned(run, "create", after)
    if not latest.has_ended:
        return Planned(run, "running", after, latest)
    again = rerun == "completed" or (rerun == "failed" and latest.has_failed)
    return Planned(run, "rerun" if again else "exists", after, latest)
