"""Catch-up after a downtime: which of a deployment's late runs stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

from .._prefect.backfill_runs import read_held_deployment
from .._prefect.late_runs import cancel_run, read_late_runs
from .._specs.late_runs import LateRun, Policy, plan_catch_up


def catch_up_runs(deployment: str, policy: Policy, *, dry_run: bool) -> tuple[LateRun, ...]:
    """Read the late runs, and cancel those that the policy leaves out.

    Raises:
        BackfillError: There is no such deployment.
        ServerError: The server can't be asked.
    """
    held = read_held_deployment(deployment)
    planned = plan_catch_up(read_late_runs(held.id, datetime.now(timezone.utc)), policy)
    if dry_run:
        return tuple(planned)
    return tuple(replace(run, error=cancel_run(run.flow_run_id)) if run.action == "cancel" else run for run in planned)
