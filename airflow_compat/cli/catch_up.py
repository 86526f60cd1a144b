"""`airflow-compat catch-up`: cancel a deployment's late runs after a downtime."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from .. import backfills
from ..backfills import LateRun, Policy
from ._printing import clock, count, filled_table, new_console, print_json


def catch_up(
    deployment: str,
    /,
    *,
    policy: Policy = "latest",
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Cancel late runs of a deployment.

    Late runs are scheduled runs whose time is past and that have not started. A backfill can create cancelled runs
    again. Stop the workers first: a worker may start a run while it is cancelled.

    Example: airflow-compat catch-up sales/prod --policy latest --dry-run

    Args:
        deployment: The name as flow/deployment, or the id.
        policy: Which late runs stay.
        dry_run: Print what would be done, and cancel nothing.
        json_: Print JSON instead of a table.
    """
    runs = backfills.catch_up(deployment, policy, dry_run=dry_run)
    if json_:
        print_json([run.as_dict() for run in runs])
    else:
        console = new_console()
        if runs:
            columns = ("run", "scheduled for", "state", "result", "notes")
            console.print(filled_table(columns, (_row(run, dry_run=dry_run) for run in runs)))
        kept = sum(run.action == "keep" for run in runs)
        left = sum(run.action == "cancel" and not run.error for run in runs)
        words = "would be cancelled. Nothing was changed." if dry_run else "cancelled."
        console.print(f"\n{count(len(runs), 'late run')}: {kept} kept, {left} {words}")
    return int(any(run.error for run in runs))


def _row(run: LateRun, *, dry_run: bool) -> tuple[str, ...]:
    if run.error:
        style, result = "yellow", "not cancelled"
    elif run.action == "keep":
        style, result = "green", "kept"
    else:
        style, result = "dim", "would cancel" if dry_run else "cancelled"
    return style, run.name, clock(run.scheduled_for), run.state, result, run.error
