"""`airflow-compat catch-up`: which of a deployment's late runs stay after a downtime."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.text import Text

from .. import backfills
from ..backfills import LateRun, Policy
from .printing import clock, count, new_console, new_table

if TYPE_CHECKING:
    from rich.table import Table


def catch_up(
    deployment: str,
    /,
    *,
    policy: Policy = "latest",
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Leave out a deployment's late runs.

    They are scheduled ones whose time is past, and that have not begun. What is left out is set to Cancelled, and a
    backfill would make it. Stop the workers first: one that takes a run in the very moment may have it cancelled as it
    begins.

    Example: airflow-compat catch-up sales/prod --policy latest --dry-run

    Args:
        deployment: Its name as flow/deployment, or its id.
        policy: Which late runs stay.
        dry_run: Print what would be done, and cancel nothing.
        json_: Print JSON instead of a table.
    """
    runs = backfills.catch_up(deployment, policy, dry_run=dry_run)
    if json_:
        print(json.dumps([run.as_dict() for run in runs], indent=2))
    else:
        console = new_console()
        if runs:
            console.print(_table(runs, dry_run=dry_run))
        kept = sum(run.action == "keep" for run in runs)
        left = sum(run.action == "cancel" and not run.error for run in runs)
        words = "would be cancelled. Nothing was changed." if dry_run else "cancelled."
        console.print(f"\n{count(len(runs), 'late run')}: {kept} kept, {left} {words}")
    return int(any(run.error for run in runs))


def _table(runs: Iterable[LateRun], *, dry_run: bool) -> Table:
    table = new_table("run", "scheduled for", "state", "result", "notes")
    for run in runs:
        done = "would cancel" if dry_run else "cancelled"
        result, style = ("kept", "green") if run.action == "keep" else (done, "dim")
        if run.error:
            result, style = "not cancelled", "yellow"
        cells = (run.name, clock(run.scheduled_for), run.state, result, run.error)
        table.add_row(*(Text(cell, style=style, overflow="fold") for cell in cells))
    return table
