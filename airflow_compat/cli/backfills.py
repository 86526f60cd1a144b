"""`airflow-compat backfill` and `airflow-compat catch-up`: a deployment's runs for past data intervals."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import datetime
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.progress import Progress

from .. import backfills
from .._airflow.version import DEFAULT_VERSION
from ..backfills import DEFAULT_MAX_ACTIVE_RUNS, BackfillRun, LateRun, Policy
from ..errors import BackfillError
from ..schedules import read_schedule
from ._dates import moment_of
from ._options import Flag, JsonFlag, Version
from ._printing import clock, count, new_console, print_json, print_table


def backfill(
    deployment: str,
    /,
    *,
    start: str,
    end: str,
    schedule: str | None = None,
    timezone: str = "UTC",
    max_active_runs: Annotated[int, Parameter(validator=Number(gte=1))] = DEFAULT_MAX_ACTIVE_RUNS,
    depends_on_past: Flag = False,
    reverse: Flag = False,
    rerun: Literal["none", "failed", "completed"] = "none",
    parameters: str | None = None,
    airflow_version: Version = DEFAULT_VERSION,
    dry_run: Flag = False,
    json_: JsonFlag = False,
) -> int:
    """Run a deployment for past data intervals.

    Each interval without a run gets a run, and the command waits for all runs. A worker, or `flow.serve`, has to
    execute the runs. After an interruption, repeat the command to continue.

    Example: airflow-compat backfill sales/prod --start 2026-11-01 --end 2026-11-07 --dry-run

    Args:
        deployment: The name as flow/deployment, or the id.
        start: The first logical date in ISO format, in UTC if it has no offset.
        end: The last logical date.
        schedule: The DAG's cron expression or preset, such as '0 2 * * *'; the deployment's schedules by default.
        timezone: The time zone of --schedule.
        max_active_runs: How many backfill runs of the deployment run at once.
        depends_on_past: Run one interval after another, and stop if a run does not complete.
        reverse: Start with the latest interval.
        rerun: Which ended runs to repeat: none, failed, or completed, which includes failed ones.
        parameters: A JSON object of additional parameters for each run.
        airflow_version: The Airflow version for data intervals. With 3, the interval of a cron expression is one
            moment; with 2, the interval ends at the next moment.
        dry_run: Print what would be done, and create no runs.
        json_: Print JSON instead of a table.
    """
    first, last = moment_of("--start", start), moment_of("--end", end)
    dag_schedule = (
        None if schedule is None else read_schedule(schedule, timezone=timezone, airflow_version=airflow_version)
    )
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
        new_console(stderr=True).print("Stopped. Created runs continue; repeat the command for the rest.")
        return 1
    if json_:
        print_json([each.as_dict() for each in runs])
    else:
        results = Counter(_result(run, dry_run=dry_run)[0] for run in runs)
        said = (f"{count(number, 'date')} {_verb(result, number)}" for result, number in results.items())
        print_table(
            new_console(),
            ("logical date", "data interval", "result", "state", "notes"),
            (_row(run, dry_run=dry_run) for run in runs),
            f"{', '.join(said) or 'no data interval to fill'}." + (" No run was created." if dry_run else ""),
        )
    return 0 if dry_run or all(each.done for each in runs) else 1


def catch_up(
    deployment: str,
    /,
    *,
    policy: Policy = "latest",
    dry_run: Flag = False,
    json_: JsonFlag = False,
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
        kept = sum(run.action == "keep" for run in runs)
        left = sum(run.action == "cancel" and not run.error for run in runs)
        words = "would be cancelled. Nothing was changed." if dry_run else "cancelled."
        print_table(
            new_console(),
            ("run", "scheduled for", "state", "result", "notes"),
            (_late_row(run, dry_run=dry_run) for run in runs),
            f"{count(len(runs), 'late run')}: {kept} kept, {left} {words}",
        )
    return int(any(run.error for run in runs))


def _object(text: str | None) -> dict[str, object]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BackfillError("--parameters is not a JSON object; use for example '{\"limit\": 10}'")
    return found


def _row(run: BackfillRun, *, dry_run: bool) -> tuple[str, ...]:
    result, style = _result(run, dry_run=dry_run)
    interval = f"{_clock(run.data_interval_start)} - {_clock(run.data_interval_end)}"
    return style, _clock(run.logical_date), interval, result, run.state, run.reason


def _late_row(run: LateRun, *, dry_run: bool) -> tuple[str, ...]:
    if run.error:
        style, result = "yellow", "not cancelled"
    elif run.action == "keep":
        style, result = "green", "kept"
    else:
        style, result = "dim", "would cancel" if dry_run else "cancelled"
    return style, run.name, clock(run.scheduled_for), run.state, result, run.error


def _result(run: BackfillRun, *, dry_run: bool) -> tuple[str, str]:
    """Return what the table shows for an interval, and its style."""
    if dry_run:
        return {
            "create": ("would run", "green"),
            "rerun": ("would run again", "green"),
            "running": ("is running", "dim"),
            "exists": ("has a run", "dim"),
        }[run.action]
    if run.reason:
        return ("failed", "red") if run.flow_run_id else ("not created", "yellow")
    return ("had a run", "dim") if run.action == "exists" else ("done", "green")


def _verb(result: str, number: int) -> str:
    return result if number == 1 else {"is running": "are running", "has a run": "have a run"}.get(result, result)


def _clock(moment: datetime) -> str:
    """Format a moment in UTC, like logical dates."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"
