"""Backfills, and what becomes of the runs that a downtime made late.

A backfill runs a deployment for the data intervals of the past; `catch_up` leaves out late runs that nobody needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ._airflow.version import DEFAULT_VERSION, AirflowVersion
from ._specs.backfill import BackfillRun, Rerun
from ._specs.late_runs import LateRun, Policy
from .errors import BackfillError

if TYPE_CHECKING:
    from threading import Event

    from ._specs.schedule import Schedule

__all__ = ["BackfillRun", "LateRun", "Policy", "Rerun", "abackfill", "acatch_up", "backfill", "catch_up"]

DEFAULT_MAX_ACTIVE_RUNS = 10
"""How many runs of a backfill Airflow 3 has at once, where nobody says."""


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
    """Run a deployment for each data interval of the past that has no run, and wait until all have ended.

    A flow run's context has the dates of its interval, and `backfill` as its type. Which intervals have a run is known
    from the server alone: by the runs of other backfills, and by those that the deployment's own schedule made. So a
    backfill that was killed goes on when it is called again, and two at once make each run once. Something has to
    execute the runs: a worker, or the process that serves the deployment. A run that was cancelled before it began
    counts as none.

    The runs are of the deployment as it is now; Prefect keeps no versions of the code.

    Args:
        deployment: Its name as `flow/deployment`, or its id.
        start: The first logical date; without an offset, in UTC.
        end: The last logical date. An interval that isn't over is left out.
        schedule: The DAG's, from `airflow_compat.schedules.read_schedule`; the deployment's own schedules where none is
            given.
        max_active_runs: How many of the deployment's backfill runs go on at once, those of other processes included.
        depends_on_past: Run one after the other, and make no more when one has not completed.
        reverse: Begin with the latest.
        rerun: Which runs that have ended are made again: `none`; `failed`, also crashed and cancelled ones; or
            `completed`, which are these and those that completed. That of Airflow 3 is called `reprocess_behavior`.
        parameters: What each run gets beside the deployment's own parameters; `dag_run_conf` in Airflow.
        dry_run: Only tell what would be done.
        airflow_version: "2" or "3", for the intervals of the deployment's own schedules: in "3" an interval is one
            moment, in "2" it ends with the next one.
        planned: Called once with how many intervals there are.
        progress: Called with each interval when it is settled.

    Returns:
        What became of each interval, in the order in which they were made.

    Raises:
        BackfillError: The server has no such deployment, it has no schedule, or the dates or options don't go together.
        ServerError: The server can't be asked, or was gone for a minute.

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
    """`backfill` for coroutines: the event loop goes on meanwhile, and no more runs are made once it is cancelled."""
    import asyncio
    from threading import Event

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
    """Leave out late runs of a deployment: those that its schedule made, whose time is past, and that have not begun.

    After a downtime they would all be executed one after the other; Airflow without `catchup` makes the latest alone.
    What is left out is set to Cancelled, so that it can be seen, counts neither as completed nor as failed, and is made
    by a later `backfill`. A run that has begun is not touched, nor one that was triggered or that a backfill made. Stop
    the workers first, or pause the work pool: one that takes a run in the very moment may have it cancelled as it
    begins.

    Args:
        deployment: Its name as `flow/deployment`, or its id.
        policy: Which late runs stay: the `latest`, `all` or `none`.
        dry_run: Only tell what would be done.

    Returns:
        The late runs, the earliest first.

    Raises:
        BackfillError: The server has no such deployment, or the policy is none.
        ServerError: The server can't be asked.
    """
    if policy not in ("latest", "all", "none"):
        raise BackfillError(f"policy {policy!r} is none; write 'latest', 'all' or 'none'")
    from ._backfills.late import catch_up_runs

    return catch_up_runs(deployment, policy, dry_run=dry_run)


async def acatch_up(deployment: str, policy: Policy = "latest", *, dry_run: bool = False) -> tuple[LateRun, ...]:
    """`catch_up` for coroutines: the event loop goes on meanwhile."""
    import asyncio

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
    from threading import Event

    from ._backfills.driver import Driver
    from ._backfills.plan import make_plan

    if isinstance(max_active_runs, bool) or not isinstance(max_active_runs, int) or max_active_runs < 1:
        raise BackfillError(f"max_active_runs is {max_active_runs!r}; write a whole number from 1 on")
    if rerun not in ("none", "failed", "completed"):
        raise BackfillError(f"rerun is {rerun!r}; write 'none', 'failed' or 'completed'")
    if reverse and depends_on_past:
        raise BackfillError("a backfill that depends on the past can't run in reverse; leave one of them out")
    plan = make_plan(
        deployment, start, end, schedule=schedule, rerun=rerun, reverse=reverse, airflow_version=airflow_version
    )
    if planned:
        planned(len(plan.items))
    if dry_run:
        return tuple(item.outcome(item.held) for item in plan.items)
    driver = Driver(
        plan,
        max_active_runs=max_active_runs,
        depends_on_past=depends_on_past,
        parameters=parameters or {},
        progress=progress or (lambda _: None),
        stop=stop or Event(),
    )
    return driver.run()
