"""Finds XComs: which task instances of a flow run have any, which flow runs are meant, and what Prefect kept itself."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import StateType, TaskRun
from prefect.context import FlowRunContext

from .._airflow.xcom import RETURN_KEY, UNMAPPED, Find, Found, Where, found_in
from ..errors import UnsupportedFeatureError
from .client import kept_client
from .failures import server_call
from .logs import run_logger
from .runs import task_name, task_runs
from .xcom_store import held_slots, read, run_of

# Of the runs before this one, the latest that are looked through.
_PRIOR_RUNS = 100

# Task runs reach the server as events, a little after the fact, in seconds.
_RECORDED_WITHIN = 1.0
_RECORDED_POLL = 0.1


def finder(where: Where, key: str, runs: list[UUID]) -> Find:
    """Looks up a key in flow runs, the newest first."""

    def find(task_id: str | None, map_indexes: list[int] | None, *, newest_run: bool = False) -> list[Found]:
        found: list[Found] = []
        for rank, run in enumerate(runs):
            # Of many earlier runs the server isn't asked for each.
            lookup = _Lookup(where, key, run, rank, asks_server=len(runs) == 1 or run == where.flow_run_id)
            for name in lookup.tasks() if task_id is None else [task_id]:
                found += lookup.values(name, map_indexes, native=task_id is not None)
            if found and newest_run:
                break
        return found

    return find


class _Lookup:
    """In one flow run."""

    def __init__(self, where: Where, key: str, run: UUID, rank: int, *, asks_server: bool) -> None:
        self._where, self._key, self._run, self._rank = where, key, run, rank
        self._asks_server = asks_server

    def tasks(self) -> set[str]:
        """The tasks that may have pushed."""
        slots = held_slots(self._run)
        if slots is not None:
            return {task_id for task_id, _, _ in slots}
        # The flow's own body pushes by the flow's name.
        return {self._where.dag_id} | {task_name(run) for run in task_runs(self._run)}

    def values(self, task_id: str, map_indexes: Iterable[int] | None, *, native: bool) -> list[Found]:
        """What the task has under the key; with `native`, what Prefect kept of a task that isn't one of ours."""
        indexes = self._indexes(task_id) if map_indexes is None else list(map_indexes)
        bodies = {index: read(self._where, self._run, task_id, index, self._key) for index in indexes}
        ours = {index: body for index, body in bodies.items() if body is not None}
        if ours or not native or self._key != RETURN_KEY or not self._asks_server:
            found = (found_in(body, task_id, index, self._key, self._rank) for index, body in ours.items())
            return [one for one in found if one]
        return [one for one in self._native(task_id) if map_indexes is None or one.map_index in indexes]

    def _indexes(self, task_id: str) -> list[int]:
        known = {index for name, index, _ in held_slots(self._run) or () if name == task_id}
        if known:
            return sorted(known)
        if self._has(task_id, UNMAPPED):
            return [UNMAPPED]
        indexes: list[int] = []
        most: int | None = None
        for index in itertools.count():
            if self._has(task_id, index):
                indexes.append(index)
                continue
            # A mapped run that failed has nothing. Only the server knows whether there are more behind it.
            if most is None:
                most = len(self._server_runs(task_id)) if self._asks_server else 0
            if index >= most:
                return indexes
        return indexes

    def _has(self, task_id: str, index: int) -> bool:
        """Whether this task instance has the key, or has ended."""
        keys = dict.fromkeys((self._key, RETURN_KEY))
        return any(read(self._where, self._run, task_id, index, key) is not None for key in keys)

    def _server_runs(self, task_id: str) -> list[TaskRun]:
        return [run for run in task_runs(self._run, name={"like_": f"{task_id}-"}) if task_name(run) == task_id]

    def _native(self, task_id: str) -> list[Found]:
        """The results that Prefect persisted; a log line for those that it didn't."""
        until = time.monotonic() + (_RECORDED_WITHIN if self._run == self._where.flow_run_id else 0)
        runs = self._server_runs(task_id)
        while not (runs and all(run.state and run.state.is_final() for run in runs)) and time.monotonic() < until:
            time.sleep(_RECORDED_POLL)
            runs = self._server_runs(task_id)
        found = []
        for index, run in enumerate(runs) if len(runs) > 1 else [(UNMAPPED, run) for run in runs]:
            state = run.state
            if state is None or state.type is not StateType.COMPLETED or state.name == "Skipped":
                continue
            if state.data is None:
                run_logger().warning(
                    "xcom_pull: task %r has ended, and what it returned was kept nowhere: write @task("
                    "persist_result=True), or put a decorator of airflow_compat above it",
                    task_id,
                )
                continue
            found.append(Found(task_id, index, self._rank, state.timestamp.timestamp(), _loader(state)))
        return found


def _loader(state: Any) -> Any:
    return lambda: state.result(_sync=True)


def runs_meant(where: Where, dag_id: str | None, run_id: str | None, *, include_prior_dates: bool) -> list[UUID]:
    """The flow runs that a pull looks through, the newest first.

    Raises:
        UnsupportedFeatureError: The run's id has no date in it.
        ServerError: The server can't be asked.
    """
    own = run_of(where)
    dag_id = dag_id or where.dag_id
    is_own = dag_id == where.dag_id and run_id in (None, where.run_id)
    if is_own and not include_prior_dates:
        return [own]
    moment = _moment_of(own) if run_id in (None, where.run_id) else _date_in(run_id or "")
    runs = [own] if is_own else _flow_runs(dag_id, after=moment, before=moment)
    if include_prior_dates:
        runs += [run for run in _flow_runs(dag_id, before=moment) if run not in runs]
    if not runs:
        run_logger().info("xcom_pull: flow %r has no run of %s", dag_id, moment.isoformat())
    return runs


def _date_in(run_id: str) -> datetime:
    found = re.fullmatch(r"[a-z_]+__(?P<date>.+)", run_id)
    try:
        return datetime.fromisoformat(found["date"] if found else "")
    except ValueError:
        raise UnsupportedFeatureError(
            f"xcom_pull(run_id={run_id!r}): a run is found by the date in its id, as in "
            "manual__2026-11-22T00:00:00+00:00; give one of that form"
        ) from None


@server_call
def _moment_of(run: UUID) -> datetime:
    context = FlowRunContext.get()
    known = context.flow_run if context and context.flow_run and context.flow_run.id == run else None
    moment = (known or kept_client().read_flow_run(run)).expected_start_time
    if moment is None:
        raise UnsupportedFeatureError("xcom_pull: this flow run has no scheduled time by which to find other runs")
    return moment


@server_call
def _flow_runs(dag_id: str, *, before: datetime, after: datetime | None = None) -> list[UUID]:
    """The latest of a flow's runs that were scheduled for a time."""
    times = {"before_": before.isoformat(), **({"after_": after.isoformat()} if after else {})}
    body = {
        "flows": {"name": {"any_": [dag_id]}},
        "flow_runs": {"expected_start_time": times},
        "sort": "EXPECTED_START_TIME_DESC",
        "limit": _PRIOR_RUNS,
    }
    return [UUID(run["id"]) for run in kept_client().request("POST", "/flow_runs/filter", json=body).json()]
