"""The index of a DAG's runs in the result storage, which outlives the flow runs on the server."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from .._prefect.datetimes import plain
from . import _server as server
from ._identity import dates_from_text
from ._records import Records, moment

if TYPE_CHECKING:
    from .._airflow.data_interval import RunDates
    from ._records import Objects
    from ._run import DagRunState

# The maximum number of runs in the index: about 40 days of an hourly DAG.
_MOST_RUNS = 1000
# A process that holds the lock for longer than this must have been killed, because it only reads and writes one small
# object.
_HELD_SECONDS, _PAUSE = 20.0, 0.1


@dataclass(frozen=True)
class IndexedRun:
    """A run that has begun."""

    logical_date: datetime
    flow_run_id: UUID
    run_type: str
    run_id: str


@dataclass(frozen=True)
class EndedRun:
    """A run that has ended, with the facts from its records."""

    state: str
    dates: RunDates
    start_date: datetime | None
    end_date: datetime | None


class RunIndex:
    """The runs of a DAG that have begun, by logical date.

    If several runs had the same logical date, only the latest run is listed.

    The index is stored twice, and the copies are written in turns: if a process is killed while it writes one copy, the
    other copy stays valid.

    Args:
        objects: The store of texts of one of the DAG's runs.
        dag_id: The DAG.
    """

    def __init__(self, objects: Objects, dag_id: str) -> None:
        self._objects, self._dag_id = objects, dag_id
        self._texts = objects.of("index")

    def runs(self) -> list[IndexedRun]:
        """Return the latest runs, in the order of their dates."""
        return self._read()[1]

    def add(self, run: IndexedRun) -> None:
        """Add a run, under a lock on the server."""
        with _locked(f"airflow-compat-index-{hashlib.sha256(self._dag_id.encode()).hexdigest()[:40]}", run.flow_run_id):
            number, runs = self._read()
            kept = [each for each in runs if each.logical_date != run.logical_date]
            runs = sorted([*kept, run], key=lambda each: each.logical_date)[-_MOST_RUNS:]
            rows = [[each.logical_date.isoformat(), str(each.flow_run_id), each.run_type, each.run_id] for each in runs]
            text = json.dumps({"number": number + 1, "runs": rows}, separators=(",", ":"))
            self._texts.write(f"{self._dag_id}~{(number + 1) % 2}", text)

    def records_of(self, run: IndexedRun) -> Records:
        """Return the records of a run."""
        return Records(self._objects.of(str(run.flow_run_id)))

    def ended_before(self, date: datetime, state: str) -> EndedRun | None:
        """Return the latest run that ended with this state and has an earlier logical date."""
        for run in reversed(self.runs()):
            if run.logical_date < date:
                records = self.records_of(run)
                records.load((), ())
                begun, end = records.begun(), records.end()
                if begun and end and end.state == state:
                    return EndedRun(state, dates_from_text(begun), moment(float(begun["began"])), moment(end.at))
        return None

    def _read(self) -> tuple[int, list[IndexedRun]]:
        texts = [self._texts.read(f"{self._dag_id}~{copy}") for copy in (0, 1)]
        copies: list[dict[str, Any]] = [json.loads(text) for text in texts if text is not None]
        copies.append({"number": 0, "runs": []})
        latest = max(copies, key=lambda copy: int(copy["number"]))
        return int(latest["number"]), [
            IndexedRun(datetime.fromisoformat(date), UUID(id_), run_type, run_id)
            for date, id_, run_type, run_id in latest["runs"]
        ]


def index_run(objects: Objects, dag_id: str, flow_run_id: UUID, dates: RunDates, run_id: str) -> None:
    """Add a run to the index of its DAG. Runs without a logical date and runs of `dags.test` are left out."""
    if dates.is_dated and not dates.is_test:
        run = IndexedRun(plain(dates.logical_date), flow_run_id, dates.run_type, run_id)
        RunIndex(objects, dag_id).add(run)


def before_or_indexed(values: Mapping[str, Callable[[], Any]], run: DagRunState) -> dict[str, Callable[[], Any]]:
    """Return the context's values about the last successful run; if the server has no such run, use the index."""

    @cache
    def indexed() -> EndedRun | None:
        index = RunIndex(run.records.objects, run.dag.dag_id)
        return index.ended_before(plain(run.dates.logical_date), "success")

    def value(known: Callable[[], Any], read: Callable[[EndedRun], Any]) -> Any:
        found = known()
        if found is None and (ended := indexed()) is not None:
            return read(ended)
        return found

    return {key: partial(value, values[key], read) for key, read in _OF_SUCCESS.items() if key in values}


_OF_SUCCESS: dict[str, Callable[[EndedRun], Any]] = {
    "prev_data_interval_start_success": lambda ended: ended.dates.data_interval_start,
    "prev_data_interval_end_success": lambda ended: ended.dates.data_interval_end,
    "prev_execution_date_success": lambda ended: ended.dates.logical_date,
    "prev_start_date_success": lambda ended: ended.start_date,
    "prev_end_date_success": lambda ended: ended.end_date,
}


@contextmanager
def _locked(name: str, flow_run_id: UUID) -> Iterator[None]:
    """In a `with` block, hold a name on the server, so that no other run can use it."""
    seen, since = None, 0.0
    while (holder := server.take_name(name, flow_run_id)) is not None and holder.flow_run_id != flow_run_id:
        now = time.monotonic()
        if holder.id != seen:
            seen, since = holder.id, now
        elif now - since > _HELD_SECONDS:
            server.release_name(holder)
        time.sleep(_PAUSE)
    try:
        yield
    finally:
        mine = server.holder_of(name)
        if mine is not None and mine.flow_run_id == flow_run_id:
            server.release_name(mine)
