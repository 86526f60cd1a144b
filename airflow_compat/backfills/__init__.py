"""Run backfills, and cancel late runs after a downtime.

A backfill runs a deployment for past data intervals. `catch_up` cancels late runs that are no longer needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Event
from typing import TYPE_CHECKING, Any

from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from ..errors import BackfillError
from ._catch_up import LateRun, Policy
from ._plan import BackfillRun, Rerun

if TYPE_CHECKING:
    from ..schedules._dag_schedule import Schedule

__all__ = ["BackfillRun", "LateRun", "Policy", "Rerun", "abackfill", "acatch_up", "backfill", "catch_up"]

DEFAULT_MAX_ACTIVE_RUNS = 10
"""The default for `max_active_runs`, as in Airflow 3."""


def backfill(
    deployment: str,
    start: datetime,
    end: datetime,
    *,
    schedule: Schedule | None = None,
    max_active_runs: int = DEFAULT_MAX_ACTIVE_RUNS,
    depends_on_past: bool = False,
    reverse: bool = False,
    rerun: Rerun = "none",
    parameters: Mapping[str, Any] | None = None,
    dry_run: bool = False,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    planned: Callable[[int], object] | None = None,
    progress: Callable[[BackfillRun], object] | None = None,
) -> tuple[BackfillRun, ...]:
    """Run a deployment for each past data interval that has no run yet, and wait until all runs have ended.

    Each run's context has the dates of its interval, and the run type `backfill`. An interval already has a run if
    another backfill or the deployment's own schedule created one. A run that was cancelled before it began does not
    count. If the process of a backfill is killed, repeat the call to continue it. Two simultaneous backfills create
    each run only once. A worker, or a process that serves the deployment, must execute the runs. The runs use the
    deployment's current code.

    Args:
        deployment: The deployment's name as `flow/deployment`, or its id.
        start: The first logical date. A date without an offset is in UTC.
        end: The last logical date. Intervals that have not ended yet get no run.
        schedule: The DAG's schedule from `airflow_compat.schedules.read_schedule`. Defaults to the deployment's
            schedules.
        max_active_runs: The maximum number of the deployment's active backfill runs, including those of other
            processes.
        depends_on_past: Whether to run one interval after another, and to stop if a run doesn't complete.
        reverse: Whether to start with the latest interval.
        rerun: Which ended runs to repeat: `none`; `failed`, which includes crashed and cancelled runs; or `completed`,
            which means all ended runs. This argument is like Airflow 3's `reprocess_behavior`. For the flow of a DAG
            file, runs of every type count, also manual ones, and a run is repeated by clearing its tasks.
        parameters: Parameters for each run, which override the deployment's parameters, like Airflow's `dag_run_conf`.
        dry_run: Whether to return the plan without creating runs.
        airflow_version: The Airflow version whose rules give the intervals of the deployment's schedules: with "3", an
            interval is one moment; with "2", it ends when the next one begins.
        planned: A function that is called once, with the number of planned intervals.
        progress: A function that is called with the result of each interval.

    Returns:
        The result of each interval, in the order in which the intervals were run.

    Raises:
        BackfillError: The deployment doesn't exist or has no schedule, or the dates or options contradict each other.
        ServerError: A request failed, or the server was unreachable for a minute.

    Example:
        ```python
        from datetime import datetime

        from airflow_compat.backfills import backfill


        def fill_in() -> None:
            for run in backfill("sales/prod", datetime(2026, 11, 1), datetime(2026, 11, 7), max_active_runs=2):
                print(run.logical_date, run.state)
        ```
    """
    return _backfill(
        deployment,
        start,
        end,
        schedule=schedule,
        max_active_runs=max_active_runs,
        depends_on_past=depends_on_past,
        reverse=reverse,
        rerun=rerun,
        parameters=parameters,
        dry_run=dry_run,
        airflow_version=airflow_version,
        planned=planned,
        progress=progress,
        stop=None,
    )


async def abackfill(
    deployment: str,
    start: datetime,
    end: datetime,
    *,
    schedule: Schedule | None = None,
    max_active_runs: int = DEFAULT_MAX_ACTIVE_RUNS,
    depends_on_past: bool = False,
    reverse: bool = False,
    rerun: Rerun = "none",
    parameters: Mapping[str, Any] | None = None,
    dry_run: bool = False,
    airflow_version: AirflowVersion = DEFAULT_VERSION,
    planned: Callable[[int], object] | None = None,
    progress: Callable[[BackfillRun], object] | None = None,
) -> tuple[BackfillRun, ...]:
    """Run `backfill` without blocking the event loop. If this coroutine is cancelled, no further runs are created."""
    stop = Event()
    try:
        return await asyncio.to_thread(
            _backfill,
            deployment,
            start,
            end,
            schedule=schedule,
            max_active_runs=max_active_runs,
            depends_on_past=depends_on_past,
            reverse=reverse,
            rerun=rerun,
            parameters=parameters,
            dry_run=dry_run,
            airflow_version=airflow_version,
            planned=planned,
            progress=progress,
            stop=stop,
        )
    finally:
        stop.set()


def catch_up(deployment: str, policy: Policy = "latest", *, dry_run: bool = False) -> tuple[LateRun, ...]:
    """Cancel a deployment's late runs: runs whose scheduled time has passed and that have not begun.

    After a downtime, Prefect executes all late runs, while Airflow with `catchup=False` only executes the latest.
    Cancelled runs stay visible, and a later `backfill` runs their intervals. Runs that have begun, and runs that
    triggers or backfills created, are not changed. Stop the workers or pause the work pool first; otherwise, a run may
    begin just before it is cancelled.

    Args:
        deployment: The deployment's name as `flow/deployment`, or its id.
        policy: Which late runs to keep: `latest`, `all` or `none`.
        dry_run: Whether to return the plan without cancelling runs.

    Returns:
        The late runs, the earliest first.

    Raises:
        BackfillError: The deployment doesn't exist, or the policy is invalid.
        ServerError: The request failed.
    """
    if policy not in ("latest", "all", "none"):
        raise BackfillError(f"policy {policy!r} is unknown. Use 'latest', 'all' or 'none'.")
    from ._server import catch_up_runs

    return catch_up_runs(deployment, policy, dry_run=dry_run)


async def acatch_up(deployment: str, policy: Policy = "latest", *, dry_run: bool = False) -> tuple[LateRun, ...]:
    """Run `catch_up` without blocking the event loop."""
    return await asyncio.to_thread(catch_up, deployment, policy, dry_run=dry_run)


def _backfill(
    deployment: str,
    start: datetime,
    end: datetime,
    *,
    schedule: Schedule | None,
    max_active_runs: int,
    depends_on_past: bool,
    reverse: bool,
    rerun: Rerun,
    parameters: Mapping[str, Any] | None,
    dry_run: bool,
    airflow_version: AirflowVersion,
    planned: Callable[[int], object] | None,
    progress: Callable[[BackfillRun], object] | None,
    stop: Event | None,
) -> tuple[BackfillRun, ...]:
    from ._deployment_plan import make_plan
    from ._driver import Driver

    if isinstance(max_active_runs, bool) or not isinstance(max_active_runs, int) or max_active_runs < 1:
        raise BackfillError(f"max_active_runs is {max_active_runs!r}. Use a whole number of at least 1.")
    if rerun not in ("none", "failed", "completed"):
        raise BackfillError(f"rerun is {rerun!r}. Use 'none', 'failed' or 'completed'.")
    if reverse and depends_on_past:
        raise BackfillError(
            "A backfill that depends on the past can't run in reverse. Leave out reverse or depends_on_past."
        )
    plan = make_plan(
        deployment, start, end, schedule=schedule, rerun=rerun, reverse=reverse, airflow_version=airflow_version
    )
    if planned:
        planned(len(plan.items))
    if dry_run:
        return tuple(item.outcome(item.held) for item in plan.items)
    return Driver(
        plan,
        max_active_runs=max_active_runs,
        depends_on_past=depends_on_past,
        parameters=parameters or {},
        progress=progress or (lambda _: None),
        stop=stop or Event(),
    ).run()
