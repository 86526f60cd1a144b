"""Find XComs of tasks and flow runs, and results that Prefect persisted."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial
from operator import itemgetter
from uuid import UUID

from prefect.client.schemas.objects import StateType, TaskRun
from prefect.context import FlowRunContext

from .._airflow.data_interval import read_labels
from .._prefect.client import kept_client
from .._prefect.failures import server_call
from .._prefect.internals.results import in_sync
from .._prefect.polling import poll_until
from .._prefect.run_logger import run_logger
from .._prefect.runs import task_name, task_runs
from ..errors import InvalidRunDatesError, UnsupportedFeatureError
from ._rules import RETURN_KEY, UNMAPPED, StoredXCom, TaskInstanceAddress, XComLookup, found_in
from ._storage import held_map_indexes, held_tasks, read, run_of

# The number of earlier runs to search.
_PRIOR_RUNS = 100

# The server records task runs late: how many seconds to wait until a task run is recorded, and how many seconds to wait
# between two requests.
_RECORDED_WITHIN = 1.0
_RECORDED_POLL = 0.1


def finder(where: TaskInstanceAddress, key: str, runs: list[UUID]) -> XComLookup:
    """Return a function that looks up a key in these flow runs, the newest first."""

    def find(task_id: str | None, map_indexes: list[int] | None, *, newest_run: bool = False) -> list[StoredXCom]:
        found: list[StoredXCom] = []
        for rank, run in enumerate(runs):
            # Don't ask the server about each of many earlier runs.
            lookup = _Lookup(where, key, run, rank, asks_server=len(runs) == 1 or run == where.flow_run_id)
            for name in lookup.tasks() if task_id is None else [task_id]:
                found += lookup.values(name, map_indexes, native=task_id is not None)
            if found and newest_run:
                break
        return found

    return find


class _Lookup:
    """Looks up the values of a key in one flow run."""

    def __init__(self, where: TaskInstanceAddress, key: str, run: UUID, rank: int, *, asks_server: bool) -> None:
        self._where, self._key, self._run, self._rank = where, key, run, rank
        self._asks_server = asks_server and not (where.knows_all and run == where.flow_run_id)

    def tasks(self) -> set[str]:
        known = held_tasks(self._run)
        if known is not None:
            return known
        # XComs that the flow's own code pushes have the flow's name as their task id.
        return {self._where.dag_id} | {task_name(run) for run in task_runs(self._run)}

    def values(self, task_id: str, map_indexes: Iterable[int] | None, *, native: bool) -> list[StoredXCom]:
        """Return the task's values of the key. With `native`, also return results that Prefect persisted."""
        indexes = self._indexes(task_id) if map_indexes is None else list(map_indexes)
        bodies = {index: read(self._where, self._run, task_id, index, self._key) for index in indexes}
        ours = {index: body for index, body in bodies.items() if body is not None}
        if ours or not native or self._key != RETURN_KEY or not self._asks_server:
            found = (found_in(body, task_id, index, self._key, self._rank) for index, body in ours.items())
            return [one for one in found if one]
        return [one for one in self._native(task_id) if map_indexes is None or one.map_index in indexes]

    def _indexes(self, task_id: str) -> list[int]:
        if known := held_map_indexes(self._run, task_id):
            return known
        if self._has(task_id, UNMAPPED):
            return [UNMAPPED]
        indexes: list[int] = []
        most: int | None = None
        for index in itertools.count():
            if self._has(task_id, index):
                indexes.append(index)
                continue
            # A failed mapped run has no value. Only the server knows whether runs with higher indexes exist.
            if most is None:
                most = len(self._server_runs(task_id)) if self._asks_server else 0
            if index >= most:
                return indexes
        return indexes

    def _has(self, task_id: str, index: int) -> bool:
        return any(
            read(self._where, self._run, task_id, index, key) is not None
            for key in dict.fromkeys((self._key, RETURN_KEY))
        )

    def _server_runs(self, task_id: str) -> list[TaskRun]:
        return [run for run in task_runs(self._run, name={"like_": f"{task_id}-"}) if task_name(run) == task_id]

    def _native(self, task_id: str) -> list[StoredXCom]:
        """Return the results that Prefect persisted, and warn of tasks without such a result."""
        runs = poll_until(
            lambda: self._server_runs(task_id),
            lambda runs: bool(runs) and all(run.state and run.state.is_final() for run in runs),
            within=_RECORDED_WITHIN if self._run == self._where.flow_run_id else 0,
            every=_RECORDED_POLL,
        )
        found = []
        for index, run in enumerate(runs) if len(runs) > 1 else [(UNMAPPED, run) for run in runs]:
            state = run.state
            if state is None or state.type is not StateType.COMPLETED or state.name == "Skipped":
                continue
            if state.data is None:
                run_logger().warning(
                    "xcom_pull: Task %r has ended, but its return value was not stored. Use "
                    "@task(persist_result=True), or put a decorator of airflow_compat above the task.",
                    task_id,
                )
                continue
            found.append(
                StoredXCom(task_id, index, self._rank, state.timestamp.timestamp(), partial(in_sync, state.result))
            )
        return found


def runs_meant(
    where: TaskInstanceAddress, dag_id: str | None, run_id: str | None, *, include_prior_dates: bool
) -> list[UUID]:
    """Return the flow runs to search, newest first.

    Raises:
        UnsupportedFeatureError: The run id has no date.
        ServerError: A request to the server fails.
    """
    own = run_of(where)
    dag_id = dag_id or where.dag_id
    is_own = dag_id == where.dag_id and run_id in (None, where.run_id)
    if is_own and not include_prior_dates:
        return [own]
    own_moment, is_dated = _moment_of(own)
    moment = own_moment if run_id in (None, where.run_id) else _date_in(run_id or "")
    find = partial(_dated_runs, find_more=where.find_runs) if is_dated else _flow_runs
    runs = [own] if is_own else find(dag_id, after=moment, before=moment)
    if include_prior_dates:
        runs += [run for run in find(dag_id, before=moment) if run not in runs]
    if not runs:
        run_logger().info("xcom_pull: flow %r has no run of %s", dag_id, moment.isoformat())
    return runs


def _date_in(run_id: str) -> datetime:
    found = re.fullmatch(r"[a-z_]+__(?P<date>.+)", run_id)
    try:
        return datetime.fromisoformat(found["date"] if found else "")
    except ValueError:
        raise UnsupportedFeatureError(
            f"xcom_pull(run_id={run_id!r}): The id has no date to find the run by. Use an id such as "
            "manual__2026-11-22T00:00:00+00:00."
        ) from None


@server_call
def _moment_of(run: UUID) -> tuple[datetime, bool]:
    """Return a run's logical date from its labels, and True; without labels, its scheduled time, and False."""
    context = FlowRunContext.get()
    known = context.flow_run if context and context.flow_run and context.flow_run.id == run else None
    flow_run = known or kept_client().read_flow_run(run)
    date = read_labels(flow_run.labels).logical_date
    moment = date or flow_run.expected_start_time
    if moment is None:
        raise UnsupportedFeatureError("xcom_pull: This flow run has no scheduled time, so it can't find other runs.")
    return moment, date is not None


@server_call
def _dated_runs(
    dag_id: str,
    *,
    before: datetime,
    after: datetime | None = None,
    find_more: Callable[[str], list[tuple[datetime, UUID]]] | None = None,
) -> list[UUID]:
    """Return those of a DAG's latest runs that have logical dates in a range; the latest date first."""

    def is_in_range(date: datetime) -> bool:
        return date <= before and (after is None or date >= after)

    body = {
        "flows": {"name": {"any_": [dag_id]}},
        # Prefect creates up to 100 future runs of a schedule in advance.
        "flow_runs": {"start_time": {"is_null_": False}},
        "sort": "EXPECTED_START_TIME_DESC",
        "limit": _PRIOR_RUNS,
    }
    found: list[tuple[datetime, UUID]] = []
    for run in kept_client().request("POST", "/flow_runs/filter", json=body).json():
        # An invalid label of another run must not make this run fail.
        with suppress(InvalidRunDatesError):
            date = read_labels(run["labels"]).logical_date
            if date is not None and is_in_range(date):
                found.append((date, UUID(run["id"])))
    known = {date for date, _ in found}
    more = find_more(dag_id) if find_more else []
    found += [(date, id_) for date, id_ in more if is_in_range(date) and date not in known]
    return [id_ for _, id_ in sorted(found, key=itemgetter(0), reverse=True)]


@server_call
def _flow_runs(dag_id: str, *, before: datetime, after: datetime | None = None) -> list[UUID]:
    times = {"before_": before.isoformat(), **({"after_": after.isoformat()} if after else {})}
    body = {
        "flows": {"name": {"any_": [dag_id]}},
        "flow_runs": {"expected_start_time": times},
        "sort": "EXPECTED_START_TIME_DESC",
        "limit": _PRIOR_RUNS,
    }
    return [UUID(run["id"]) for run in kept_client().request("POST", "/flow_runs/filter", json=body).json()]
