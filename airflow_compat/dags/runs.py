"""Runs of DAGs on the server: list them, run their tasks again, mark their states, or cancel them.

The functions only communicate with the server: they need neither the DAG file nor the result storage of the runs. Each
request is stored as an input of the flow run. An active run carries out the request within seconds; an ended run is
scheduled again.

```python
from airflow_compat.dags import runs

runs.clear("etl/manual__2026-03-01T00:00:00+00:00", task_ids=["load"], downstream=True)
```
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from ..errors import InvalidArgumentError
from ._clear_rules import Selection
from ._lost_runs import LostAction, LostDagRun, find_lost
from ._marked_runs import clears_of_others
from ._requests import Request
from ._result import TaskInstanceResult
from ._run_control import DagRunInfo, find_run, instances_of, is_final, planned, runs_of
from ._run_requests import OtherRunChange, RunChange, Wanted, cancel_run, request_all

if TYPE_CHECKING:
    from ._change_flow import change_run
    from ._lost_flow import handle_lost_runs

__all__ = [
    "DagRunInfo",
    "LostDagRun",
    "OtherRunChange",
    "RunChange",
    "TaskInstanceResult",
    "cancel",
    "change_run",
    "clear",
    "handle_lost_runs",
    "list_runs",
    "lost",
    "mark",
    "task_instances",
]

_TIMEOUT = 60.0


def __getattr__(name: str) -> Any:
    # The flows are created on first use, because creating a flow reads Prefect's settings.
    if name == "change_run":
        from ._change_flow import change_run

        return change_run
    if name == "handle_lost_runs":
        from ._lost_flow import handle_lost_runs

        return handle_lost_runs
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def list_runs(dag_id: str, *, limit: int = 50) -> tuple[DagRunInfo, ...]:
    """Return the runs of a DAG, the latest first. Runs that are scheduled for a future time are left out.

    Args:
        dag_id: The DAG.
        limit: The maximum number of runs to return, up to 200.

    Raises:
        DagRunRequestError: The server has no flow of the DAG: the DAG was neither deployed nor run.
        InvalidArgumentError: The limit is out of range.
        ServerError: A request to the server failed.
    """
    return runs_of(dag_id, limit)


def task_instances(run: str | UUID) -> tuple[TaskInstanceResult, ...]:
    """Return the task instances of a run with their states, tries and times, in the order of the DAG's tasks.

    The data comes from the task runs that the server shows. A task instance without a state has not begun.

    Args:
        run: The id of the flow run, its name, or `<dag_id>/<name>`.

    Raises:
        DagRunRequestError: The server has no such run, or has several runs with that name.
        ServerError: A request to the server failed.
    """
    return instances_of(find_run(run))


def clear(
    run: str | UUID,
    *,
    task_ids: Iterable[str] = (),
    map_index: int | None = None,
    upstream: bool = False,
    downstream: bool = False,
    failed: bool = False,
    recursive: bool | None = None,
    dry_run: bool = False,
    entrypoint: str | None = None,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    search_path: Iterable[str | PathLike[str]] = (),
    timeout: float = _TIMEOUT,
) -> RunChange:
    """Run task instances again in the same run, as Airflow's "clear" does.

    The numbers of the tries continue, and each task instance gets all its retries again. The setups and teardowns that
    belong to the tasks run again, too. A running task instance is killed, and starts again.

    Args:
        run: See `task_instances`.
        task_ids: The tasks; if empty, all tasks of the run.
        map_index: Clear only the instance of each mapped task that has this map index, and no unmapped tasks.
        upstream: Clear all tasks upstream, too.
        downstream: Clear all tasks downstream, too.
        failed: Clear only instances that are failed or upstream_failed.
        recursive: Whether each cleared `ExternalTaskMarker` also clears the task that it names in the run of another
            DAG, and all tasks downstream. Defaults to True for DAG files for Airflow 2, and to False for Airflow 3,
            which ignores markers.
        dry_run: Change nothing, and only return the task instances that would be cleared.
        entrypoint: The DAG file, such as `dags/etl.py:etl`; needed if the run has ended and has no deployment. The run
            continues in this process.
        airflow_version: The Airflow version for which the DAG file was written.
        search_path: Further folders from which the DAG file can import modules.
        timeout: How many seconds to wait for the answer of an active run. Then the request is withdrawn.

    Raises:
        DagFileError: The entrypoint can't be loaded.
        DagRunRequestError: The run, a task or the map index does not exist, the run has ended and has neither a
            deployment nor an entrypoint, or the run does not answer.
        InvalidArgumentError: `map_index` or `timeout` is negative.
        ServerError: A request to the server failed.
    """
    _check(timeout, map_index)
    selection = Selection(tuple(task_ids), map_index, upstream, downstream, failed)
    flow_run = find_run(run)
    shown = planned(flow_run, selection)
    found = clears_of_others(flow_run, selection, recursive=recursive)
    wanted = [Wanted(flow_run, Request("clear", selection), shown)]
    wanted += [Wanted(each.flow_run, Request("clear", each.selection), each.shown) for each in found.clears]
    if dry_run:
        changes = [RunChange(each.flow_run.id, each.shown, is_done=False) for each in wanted]
    elif failed and not shown and is_final(flow_run):
        return RunChange(flow_run.id, (), is_done=True)
    else:
        options = {"airflow_version": airflow_version, "search_path": search_path}
        changes = request_all(wanted, entrypoint=entrypoint, options=options, timeout=timeout)
    others = [
        OtherRunChange(change.flow_run_id, change.instances, change.is_done, other.dag_id, other.flow_run.name)
        for other, change in zip(found.clears, changes[1:], strict=True)
    ]
    return replace(changes[0], others=tuple(others), notes=found.notes)


def mark(
    run: str | UUID,
    state: Literal["success", "failed"],
    *,
    task_ids: Iterable[str] = (),
    map_index: int | None = None,
    entrypoint: str | None = None,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    search_path: Iterable[str | PathLike[str]] = (),
    timeout: float = _TIMEOUT,
) -> RunChange:
    """Mark task instances, or a run, as success or failed, as Airflow does.

    Failed task instances downstream of marked ones run again. If a run is marked, it ends: its running task instances
    get the state, those that have not begun are skipped, and its teardowns run. No callbacks are called.

    Args:
        run: See `task_instances`.
        state: The state.
        task_ids: The tasks; if empty, the run itself is marked.
        map_index: Mark only the instance of each mapped task that has this map index, and no unmapped tasks.
        entrypoint: See `clear`.
        airflow_version: See `clear`.
        search_path: See `clear`.
        timeout: See `clear`.

    Raises:
        DagFileError: The entrypoint can't be loaded.
        DagRunRequestError: See `clear`.
        InvalidArgumentError: `map_index` has no task, or `map_index` or `timeout` is negative.
        ServerError: A request to the server failed.
    """
    _check(timeout, map_index)
    selection = Selection(tuple(task_ids), map_index)
    if map_index is not None and not selection.task_ids:
        raise InvalidArgumentError("map_index needs a task: a run has no map index. Pass task_ids (--task), too.")
    flow_run = find_run(run)
    shown = () if not selection.task_ids else planned(flow_run, selection, is_exact=True)
    options = {"airflow_version": airflow_version, "search_path": search_path}
    wanted = Wanted(flow_run, Request(state, selection), shown)
    return request_all([wanted], entrypoint=entrypoint, options=options, timeout=timeout)[0]


def cancel(run: str | UUID, *, timeout: float = _TIMEOUT) -> RunChange:
    """Stop a run: its running tasks fail, its tasks that have not begun are skipped, and its teardowns run.

    Args:
        run: See `task_instances`.
        timeout: See `clear`.

    Raises:
        DagRunRequestError: The run does not exist, has ended, or does not answer.
        InvalidArgumentError: `timeout` is negative.
        ServerError: A request to the server failed.
    """
    _check(timeout)
    return cancel_run(find_run(run), timeout=timeout)


def lost(*, older_than: timedelta = timedelta(0), action: LostAction | None = None) -> tuple[LostDagRun, ...]:
    """Return the DAG runs whose process is gone, and restart or fail these runs.

    The result contains the runs that the server shows as running although their process is gone, and the runs that
    crashed during the last day and were not started again. A run counts as lost if its process on this machine is gone,
    or if the last heartbeat is more than ten minutes old.

    Args:
        older_than: Return only runs whose process was last known to be alive at least this long ago, and runs whose
            restart was undone, because a worker reported the crash a second time.
        action: `restart` continues the runs; tasks that have ended do not run again. `fail` lets the tasks fail that
            have not ended and could run now. Each such run continues to its end, and the DAG's `on_failure_callback` is
            called once. `restart` and `fail` need a worker; a run without a deployment is set to Crashed, so that it
            can be retried. With None, no run is changed.

    Raises:
        InvalidArgumentError: `older_than` is negative.
        ServerError: A request to the server failed.
    """
    if older_than < timedelta(0):
        minutes = older_than / timedelta(minutes=1)
        raise InvalidArgumentError(f"older_than is {minutes:g} minutes. Use a duration of at least 0.")
    return tuple(find_lost(older_than, action))


def _check(timeout: float, map_index: int | None = None) -> None:
    if not timeout >= 0:  # Also true for NaN.
        raise InvalidArgumentError(f"timeout={timeout:g} is out of range. Use a number of seconds of at least 0.")
    if map_index is not None and map_index < 0:
        raise InvalidArgumentError(
            f"map_index={map_index} is out of range. Use a number of at least 0, or leave map_index out for tasks that "
            "are not mapped."
        )
