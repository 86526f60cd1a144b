"""`airflow-compat backfill`: a deployment's runs for the data intervals of the past."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from rich.progress import Progress
from rich.text import Text

from .. import backfills
from .._airflow.version import DEFAULT_VERSION
from ..backfills import DEFAULT_MAX_ACTIVE_RUNS, BackfillRun
from ..errors import BackfillError
from .moments import moment_of
from .printing import new_console, new_table

if TYPE_CHECKING:
    from rich.table import Table

    from .._specs.schedule import Schedule


def backfill(
    deployment: str,
    /,
    *,
    start: str,
    end: str,
    schedule: str | None = None,
    timezone: str = "UTC",
    max_active_runs: int = DEFAULT_MAX_ACTIVE_RUNS,
    depends_on_past: Annotated[bool, Parameter(negative=())] = False,
    reverse: Annotated[bool, Parameter(negative=())] = False,
    rerun: Literal["none", "failed", "completed"] = "none",
    parameters: str | None = None,
    airflow_version: Literal["2", "3"] = DEFAULT_VERSION,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Run a deployment for data intervals of the past.

    Those that have no run yet get one, and the command waits until all have ended. Something has to execute the runs,
    such as a worker. One that was ended half-way goes on when it is called again.

    Exit codes: 0 all intervals are done, 1 some are not, 2 wrong use.

    Example: airflow-compat backfill sales/prod --start 2026-11-01 --end 2026-11-07 --dry-run

    Args:
        deployment: Its name as flow/deployment, or its id.
        start: The first logical date, in ISO form; in UTC where it says no offset.
        end: The last logical date.
        schedule: The DAG's cron expression or preset, such as '0 2 * * *'; the deployment's own schedules where none is
            given.
        timezone: The time zone of that expression.
        max_active_runs: How many of the deployment's backfill runs go on at once.
        depends_on_past: Run one after the other, and make no more when one has not completed.
        reverse: Begin with the latest.
        rerun: Which runs that have ended are made again: none; failed ones; or completed ones as well.
        parameters: A JSON object: what each run gets beside the deployment's own parameters.
        airflow_version: Whose data intervals: in 3 an expression's is one moment, in 2 it ends with the next one.
        dry_run: Print what would be done, and make no runs.
        json_: Print JSON instead of a table.
    """
    first, last = moment_of("--start", start), moment_of("--end", end)
    dag_schedule = None if schedule is None else _read(schedule, timezone, airflow_version)
    # Without a terminal the bar shows nothing.
    bar = Progress(console=new_console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    try:
        with bar:
            task = bar.add_task("Filling in", total=None)
            runs = backfills.backfill(
                deployment,
                first,
                last,
                schedule=dag_schedule,
                max_active_runs=max_active_runs,
                depends_on_past=depends_on_past,
                reverse=reverse,
                rerun=rerun,
                parameters=_object(parameters),
                dry_run=dry_run,
                airflow_version=airflow_version,
                planned=lambda count: bar.update(task, total=count),
                progress=lambda _: bar.advance(task),
            )
    except KeyboardInterrupt:
        new_console(stderr=True).print("Stopped. The runs that were made go on; call it again for the rest.")
        return 1
    if json_:
        print(json.dumps([each.as_dict() for each in runs], indent=2))
    else:
        console = new_console()
        if runs:
            console.print(_table(runs, dry_run=dry_run))
        console.print(_summary(runs, dry_run=dry_run))
    return 0 if dry_run or all(each.done for each in runs) else 1


def _read(schedule: str, timezone: str, airflow_version: Literal["2", "3"]) -> Schedule:
    from ..schedules import read_schedule

    return read_schedule(schedule, timezone=timezone, airflow_version=airflow_version)


def _object(text: str | None) -> dict[str, object]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BackfillError("--parameters holds no JSON object; write for example '{\"limit\": 10}'")
    return found


def _table(runs: Iterable[BackfillRun], *, dry_run: bool) -> Table:
    table = new_table("logical date", "data interval", "result", "state", "notes")
    for run in runs:
        result, style = _result(run, dry_run=dry_run)
        interval = f"{_clock(run.data_interval_start)} - {_clock(run.data_interval_end)}"
        cells = (_clock(run.logical_date), interval, result, run.state, run.reason)
        table.add_row(*(Text(cell, style=style, overflow="fold") for cell in cells))
    return table


def _result(run: BackfillRun, *, dry_run: bool) -> tuple[str, str]:
    """What the table says of an interval, and its style."""
    if dry_run:
        return {
            "create": ("would run", "green"),
            "rerun": ("would run again", "green"),
            "running": ("is running", "dim"),
            "exists": ("has a run", "dim"),
        }[run.action]
    if run.reason:
        return ("failed", "red") if run.flow_run_id else ("not made", "yellow")
    return ("had a run", "dim") if run.action == "exists" else ("done", "green")


def _summary(runs: Iterable[BackfillRun], *, dry_run: bool) -> str:
    counted = Counter(_result(run, dry_run=dry_run)[0] for run in runs)
    said = ", ".join(f"{number} {word}" for word, number in counted.items()) or "no data interval is there to fill in"
    return f"\n{said}." + (" No run was made." if dry_run else "")


def _clock(moment: datetime) -> str:
    """In UTC, as logical dates are."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"
