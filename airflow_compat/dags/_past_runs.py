"""Looks up the DAG's previous run, for tasks with `depends_on_past` or `wait_for_downstream`."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, KeysView
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from .._airflow.data_interval import LABEL_LOGICAL_DATE, read_labels
from .._prefect.datetimes import plain
from .._prefect.run_dates import is_scheduled
from .._prefect.run_logger import Logger
from ..errors import InvalidRunDatesError
from . import _server as server
from ._identity import RunClaim
from ._objects import StoredObjects
from ._past_rules import RunBefore, awaited_in_run_before, needed_in_run_before
from ._records import Records
from ._resume import load_records
from ._run_index import IndexedRun, RunIndex

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.client.schemas.objects import FlowRun

    from .._airflow.graph import InstanceKey
    from ._run import DagRunState

# The longest pause between two checks, and how long an answer of the server is reused.
_MOST_SECONDS, _KEPT_SECONDS = 15.0, 1.0


class _Before(NamedTuple):
    """The previous run; its date is None if the run has not begun."""

    flow_run_id: UUID
    shown: str
    date: datetime | None
    is_final: bool
    is_deleted: bool = False


@dataclass(frozen=True)
class _Obstacle:
    """The reason why a task can't run yet.

    `may_need_slot`: whether the previous run may need a slot of the deployment's concurrency limit to continue.
    """

    text: str
    may_need_slot: bool


class PastRuns:
    """The DAG's earlier runs that the tasks of the current run may have to wait for.

    Args:
        run: The run.
        storage: The result storage, which also contains the records of the other runs.
        logger: The run's logger.
    """

    def __init__(self, run: DagRunState, storage: Any, logger: Logger) -> None:
        self._run, self._storage, self._logger = run, storage, logger
        self._index = RunIndex(StoredObjects(storage, run.flow_run.id), run.dag.dag_id)
        self._waiting: dict[InstanceKey, _Obstacle] = {}
        self._looks = 0
        self._found: _Before | None = None
        self._found_at = float("-inf")

    def seconds_to_wait(self, key: InstanceKey) -> float:
        """Return the seconds until the previous run should be checked again; 0.0 if the task instance may run."""
        obstacle = self._obstacle(key.task_id)
        if obstacle is None:
            self._waiting.pop(key, None)
            return 0.0
        if self._waiting.get(key) != obstacle:
            self._waiting[key] = obstacle
            self._logger.warning("Task %r waits for %s", key.task_id, obstacle.text)
        self._looks += 1
        seconds: float = 1.5 ** (self._looks / len(self._waiting) - 1)
        return min(seconds, _MOST_SECONDS)

    def drop(self, key: InstanceKey) -> None:
        """Forget a task instance that has a final state."""
        self._waiting.pop(key, None)

    def is_everything(self, active: KeysView[InstanceKey]) -> bool:
        """Return True if all active task instances wait for another run, which may need the slot of this run.

        If the deployment has a concurrency limit, this run must then give its slot to the other run.
        """
        waiting = self._waiting
        return (
            self._run.flow_run.deployment_id is not None
            and bool(waiting)
            and active == waiting.keys()
            and all(obstacle.may_need_slot for obstacle in waiting.values())
        )

    def _obstacle(self, task_id: str) -> _Obstacle | None:
        graph, dag = self._run.graph, self._run.dag
        needed = needed_in_run_before(task_id, graph) if self._run.dates.is_dated else ()
        found = self._find_before() if needed else None
        if found is None:
            return None
        shown, date = found.shown, found.date
        if date is None:
            return _Obstacle(f"{shown}, which has not begun", may_need_slot=True)
        task: Any = dag.get_task(task_id)
        if dag.catchup and task.start_date is not None and date < task.start_date:
            return None
        records = Records(StoredObjects(self._storage, found.flow_run_id))
        if records.begun() is None and found.is_final:
            self._logger.warning("Task %r does not depend on %s, whose records are missing", task_id, shown)
            return None
        load_records(records, graph, needed)
        states = {record.key: record.state for record in records.all() if record.is_final}
        before = RunBefore(states, records.lengths, is_over=records.end() is not None)
        awaited = awaited_in_run_before(task_id, graph, before, ignores_first=bool(task.ignore_first_depends_on_past))
        if not awaited:
            return None
        ends = sorted({state for key, state in states.items() if key.task_id == awaited})
        advice = "Run its logical date again" if found.is_deleted else "Retry that flow run if it failed"
        return _Obstacle(
            f"task {awaited!r} of {shown} ({', '.join(ends) or 'not ended'}). {advice}",
            may_need_slot=found.is_final or records.begun() is None,
        )

    def _find_before(self) -> _Before | None:
        """Return the run with the latest logical date before the date of this run."""
        if time.monotonic() - self._found_at < _KEPT_SECONDS:
            return self._found
        dag_id = self._run.dag.dag_id
        begun = server.read_begun_runs(dag_id)
        waiting = max(self._waiting_runs([*server.read_waiting_runs(dag_id), *begun]), key=itemgetter(0), default=None)
        self._found = waiting and _before(waiting[1], None)
        indexed = {each.logical_date: each for each in self._index.runs() if self._is_before(each)}
        for date in sorted({*self._dates(begun), *indexed}, reverse=True):
            if waiting is not None and date <= waiting[0]:
                break
            # If several flow runs have the same logical date, only one of them has claimed the date.
            holder = server.holder_of(RunClaim(dag_id, date).name)
            flow_run = server.read_flow_run(holder.flow_run_id) if holder else None
            if flow_run is not None:
                self._found = _before(flow_run, date)
                break
            if deleted := indexed.get(date):
                shown = f"run {deleted.run_id!r}, whose flow run was deleted"
                self._found = _Before(deleted.flow_run_id, shown, date, is_final=True, is_deleted=True)
                break
        self._found_at = time.monotonic()
        return self._found

    def _is_before(self, run: IndexedRun) -> bool:
        is_ignored = self._run.dag.catchup and run.run_type == "manual"
        return run.logical_date < self._run.dates.logical_date and not is_ignored

    def _dates(self, flow_runs: Iterable[FlowRun]) -> Iterator[datetime]:
        """Yield the logical dates of runs that are earlier than the date of this run.

        With `catchup`, manual runs are ignored.
        """
        for flow_run in flow_runs:
            # An invalid label of another run must not make this run fail.
            with suppress(InvalidRunDatesError):
                labels = read_labels(flow_run.labels)
                is_ignored = self._run.dag.catchup and labels.run_type == "manual"
                if labels.logical_date and labels.logical_date < self._run.dates.logical_date and not is_ignored:
                    yield labels.logical_date

    def _waiting_runs(self, flow_runs: Iterable[FlowRun]) -> Iterator[tuple[datetime, FlowRun]]:
        """Yield the runs that have not begun, each with its logical date, or its expected start if it is scheduled."""
        own = self._run.flow_run.expected_start_time
        for flow_run in flow_runs:
            dates = list(self._dates([flow_run]))
            starts = flow_run.expected_start_time
            if dates and flow_run.start_time is None:
                yield dates[0], flow_run
            elif LABEL_LOGICAL_DATE in flow_run.labels or (flow_run.state and flow_run.state.is_final()):
                continue
            elif starts and own and starts < own and is_scheduled(flow_run):
                yield plain(starts), flow_run


def _before(flow_run: FlowRun, date: datetime | None) -> _Before:
    is_final = flow_run.state is not None and flow_run.state.is_final()
    return _Before(flow_run.id, f"flow run {flow_run.name!r}", date, is_final)
