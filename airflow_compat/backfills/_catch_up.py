"""Plans which late runs of a deployment to keep and which to cancel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

Policy: TypeAlias = Literal["latest", "all", "none"]
"""Selects which late runs of a schedule are kept."""


@dataclass(frozen=True)
class LateRun:
    """A run whose scheduled time has passed and that has not begun.

    Attributes:
        flow_run_id: The run's id.
        name: The run's name.
        scheduled_for: The scheduled time, in UTC.
        state: The name of the run's state before the catch-up.
        action: `keep` or `cancel`.
        error: The reason why the run could not be cancelled; empty if it was cancelled.
    """

    flow_run_id: str
    name: str
    scheduled_for: datetime
    state: str
    action: Literal["keep", "cancel"] = "keep"
    error: str = ""

    def as_dict(self) -> dict[str, object]:
        """Return the run as JSON data."""
        return {
            "flow_run_id": self.flow_run_id,
            "name": self.name,
            "scheduled_for": self.scheduled_for.isoformat(),
            "state": self.state,
            "action": self.action,
            "error": self.error,
        }


def plan_catch_up(runs: list[LateRun], policy: Policy) -> list[LateRun]:
    ordered = sorted(runs, key=lambda run: run.scheduled_for)
    if policy == "all" or not ordered:
        return ordered
    # Several schedules of the deployment may have a run at the latest time. All are kept.
    latest = ordered[-1].scheduled_for if policy == "latest" else None
    return [run if run.scheduled_for == latest else replace(run, action="cancel") for run in ordered]
