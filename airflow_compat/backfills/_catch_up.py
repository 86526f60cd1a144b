"""Which of a deployment's late runs are to be made after a downtime, and which are left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

Policy: TypeAlias = Literal["latest", "all", "none"]


@dataclass(frozen=True)
class LateRun:
    """A scheduled run whose time is past and that has not begun.

    Attributes:
        flow_run_id: Its id.
        name: Its name.
        scheduled_for: When it was to run, in UTC.
        state: The name of its state before.
        action: `keep` or `cancel`.
        error: Why it was not cancelled; empty where it was, or wasn't to be.
    """

    flow_run_id: str
    name: str
    scheduled_for: datetime
    state: str
    action: Literal["keep", "cancel"] = "keep"
    error: str = ""

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "flow_run_id": self.flow_run_id,
            "name": self.name,
            "scheduled_for": self.scheduled_for.isoformat(),
            "state": self.state,
            "action": self.action,
            "error": self.error,
        }


def plan_catch_up(runs: list[LateRun], policy: Policy) -> list[LateRun]:
    """What is to be done about each, in the order of their times."""
    ordered = sorted(runs, key=lambda run: run.scheduled_for)
    if policy == "all" or not ordered:
        return ordered
    # Several schedules may have a run at the same moment.
    latest = ordered[-1].scheduled_for if policy == "latest" else None
    return [run if run.scheduled_for == latest else replace(run, action="cancel") for run in ordered]
