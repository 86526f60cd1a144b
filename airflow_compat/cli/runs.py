"""`airflow-compat runs`: list the runs of a DAG, show and clear task instances, mark states, cancel."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.text import Text

from .._airflow.version import DEFAULT_VERSION
from ._lost_runs import lost
from ._options import Flag, JsonFlag, Many, NotNegative, Version
from ._printing import clock, count, filled_table, new_console, print_json, print_table
from ._signals import signals_raise

if TYPE_CHECKING:
    from ..dags.runs import RunChange

app: App = App(name="runs", help="List, clear, mark and cancel runs of DAGs.")
app.command(lost)

Limit: TypeAlias = Annotated[int, Parameter(validator=Number(gte=1, lte=200))]
MapIndex: TypeAlias = Annotated[int | None, Parameter(validator=Number(gte=0))]

_STYLES = {"success": "green", "failed": "red", "upstream_failed": "red", "skipped": "magenta", "running": "cyan"}


@app.command(name="list")
def list_runs(dag_id: str, /, *, limit: Limit = 20, json_: JsonFlag = False) -> None:
    """List the runs of a DAG, the latest first. Runs that are scheduled for later are left out.

    Example: airflow-compat runs list etl

    Args:
        dag_id: The DAG.
        limit: The maximum number of runs to list, up to 200.
        json_: Print JSON instead of a table.
    """
    from ..dags import runs

    found = runs.list_runs(dag_id, limit=limit)
    if json_:
        print_json(
            [
                {
                    "flow_run_id": str(each.flow_run_id),
                    "name": each.name,
                    "state": each.state,
                    "run_type": each.run_type,
                    "logical_date": _iso(each.logical_date),
                    "start_date": _iso(each.start_date),
                    "end_date": _iso(each.end_date),
                    "has_deployment": each.has_deployment,
                }
                for each in found
            ]
        )
        return
    rows = (
        (
            "",
            each.name,
            each.state,
            each.run_type,
            _iso(each.logical_date) or "",
            clock(each.start_date) if each.start_date else "",
            clock(each.end_date) if each.end_date else "",
        )
        for each in found
    )
    summary = f"{count(len(found), 'run')} of DAG {dag_id}."
    print_table(new_console(), ("name", "state", "type", "logical date", "started", "ended"), rows, summary)


@app.command
def tasks(run: str, /, *, json_: JsonFlag = False) -> None:
    """Show the task instances of a run: states, tries and times.

    Example: airflow-compat runs tasks etl/manual__2026-03-01T00:00:00+00:00

    Args:
        run: The id of the flow run, its name, or the dag_id, a slash and the name.
        json_: Print JSON instead of a table.
    """
    from ..dags import runs

    found = runs.task_instances(run)
    if json_:
        print_json(
            [
                {
                    "task_id": each.task_id,
                    "map_index": each.map_index,
                    "state": each.state,
                    "try_number": each.try_number,
                    "start_date": _iso(each.start_date),
                    "end_date": _iso(each.end_date),
                }
                for each in found
            ]
        )
        return
    cells = (
        (
            _STYLES.get(each.state or "", ""),
            each.name,
            each.state or "",
            str(each.try_number),
            clock(each.start_date) if each.start_date else "",
            clock(each.end_date) if each.end_date else "",
        )
        for each in found
    )
    new_console().print(filled_table(("task", "state", "tries", "started", "ended"), cells))


@app.command
@signals_raise()
def clear(
    run: str,
    /,
    *,
    task: Many = (),
    map_index: MapIndex = None,
    upstream: Flag = False,
    downstream: Flag = False,
    failed: Flag = False,
    recursive: bool | None = None,
    dry_run: Flag = False,
    entrypoint: str = "",
    airflow_version: Version = DEFAULT_VERSION,
    search_path: Many = (),
    timeout: NotNegative = 60.0,
    json_: JsonFlag = False,
) -> None:
    """Run tasks of a run again in the same run, as Airflow's clear does.

    An active run carries out the request within seconds. An ended run is scheduled again.

    Example: airflow-compat runs clear etl/manual__2026-03-01T00:00:00+00:00 --task load --downstream

    Args:
        run: The id of the flow run, its name, or the dag_id, a slash and the name.
        task: The task to clear; repeat it for several. All tasks by default.
        map_index: Clear only this instance of mapped tasks, and no unmapped tasks.
        upstream: Also clear all upstream tasks.
        downstream: Also clear all downstream tasks.
        failed: Clear only instances that are failed or upstream_failed.
        recursive: Follow ExternalTaskMarkers to other DAGs. By default, only in DAG files for Airflow 2.
        dry_run: Print what would be cleared, and change nothing.
        entrypoint: The DAG file of an ended run without a deployment. The run continues in this process.
        airflow_version: The Airflow version for which the DAG file was written.
        search_path: One more folder from which the DAG file imports modules; repeat it for several.
        timeout: How many seconds to wait for the answer of an active run.
        json_: Print JSON instead of lines.
    """
    from ..dags import runs

    change = runs.clear(
        run,
        task_ids=task,
        map_index=map_index,
        upstream=upstream,
        downstream=downstream,
        failed=failed,
        recursive=recursive,
        dry_run=dry_run,
        entrypoint=entrypoint or None,
        airflow_version=airflow_version,
        search_path=search_path,
        timeout=timeout,
    )
    _print_change(change, "would be cleared" if dry_run else "cleared", json_=json_, is_plan=dry_run)


@app.command
@signals_raise()
def mark(
    run: str,
    state: Literal["success", "failed"],
    /,
    *,
    task: Many = (),
    map_index: MapIndex = None,
    entrypoint: str = "",
    airflow_version: Version = DEFAULT_VERSION,
    search_path: Many = (),
    timeout: NotNegative = 60.0,
    json_: JsonFlag = False,
) -> None:
    """Mark task instances, or the run itself, as success or failed.

    Failed task instances downstream of marked ones run again.

    Example: airflow-compat runs mark etl/manual__2026-03-01T00:00:00+00:00 success --task load

    Args:
        run: The id of the flow run, its name, or the dag_id, a slash and the name.
        state: The state: success or failed.
        task: The task to mark; repeat it for several. Without --task, the run itself is marked.
        map_index: Mark only this instance of mapped tasks, and no unmapped tasks.
        entrypoint: The DAG file of an ended run without a deployment. The run continues in this process.
        airflow_version: The Airflow version for which the DAG file was written.
        search_path: One more folder from which the DAG file imports modules; repeat it for several.
        timeout: How many seconds to wait for the answer of an active run.
        json_: Print JSON instead of lines.
    """
    from ..dags import runs

    change = runs.mark(
        run,
        state,
        task_ids=task,
        map_index=map_index,
        entrypoint=entrypoint or None,
        airflow_version=airflow_version,
        search_path=search_path,
        timeout=timeout,
    )
    if task or change.is_done or json_:
        _print_change(change, f"marked as {state}" if task else "changed", json_=json_)
    else:
        print(f"The run will be marked as {state}, when a worker has taken up the run.")


@app.command
@signals_raise()
def cancel(run: str, /, *, timeout: NotNegative = 60.0, json_: JsonFlag = False) -> None:
    """Stop a run: running tasks fail, others are skipped, and teardowns run.

    Example: airflow-compat runs cancel etl/manual__2026-03-01T00:00:00+00:00

    Args:
        run: The id of the flow run, its name, or the dag_id, a slash and the name.
        timeout: How many seconds to wait for the answer of a run without a deployment.
        json_: Print JSON instead of lines.
    """
    from ..dags import runs

    change = runs.cancel(run, timeout=timeout)
    if change.instances or json_:
        _print_change(change, "stopped", json_=json_)
    elif change.is_done:
        print("The run is cancelled. No task instance was running.")
    else:
        print("The run is being cancelled: its worker ends its process.")


def _print_change(change: RunChange, what: str, *, json_: bool, is_plan: bool = False) -> None:
    if json_:
        others = [{"dag_id": each.dag_id, "name": each.name, **_change_as_json(each)} for each in change.others]
        print_json({**_change_as_json(change), "others": others, "notes": list(change.notes)})
        return
    console = new_console()
    names = [*change.instances]
    names += [f"{other.dag_id}/{other.name}: {name}" for other in change.others for name in other.instances]
    for line in (*names, *change.notes):
        console.print(Text(line), soft_wrap=True)
    said = f"{count(len(names), 'task instance')} {what}"
    is_done = all(each.is_done for each in (change, *change.others))
    later = "" if is_done or is_plan else ", when a worker has taken up the run"
    console.print(f"{said}{later}.", soft_wrap=True)


def _change_as_json(change: RunChange) -> dict[str, Any]:
    return {
        "flow_run_id": str(change.flow_run_id),
        "instances": list(change.instances),
        "done": change.is_done,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
