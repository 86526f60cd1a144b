"""A real scheduler, its executor and its API server, in processes of their own, which run the metrics' scenario."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from metric_scenario import DAG_IDS, HOLDS_SECONDS, POOL, POOL_SLOTS

if TYPE_CHECKING:
    from metric_receivers import UdpReceiver

FAILS, SUCCEEDS = DAG_IDS
DAGS = f"""
from datetime import datetime, timedelta, timezone
from time import sleep

from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowSkipException

given = dict(
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    default_args={{"retry_delay": timedelta(0)}},
    is_paused_upon_creation=False,
)

with DAG("{FAILS}", **given):

    @task(pool="{POOL}", pool_slots=2)
    def load():
        sleep({HOLDS_SECONDS})

    @task
    def skipped():
        raise AirflowSkipException

    @task(retries=1)
    def broken():
        raise ValueError

    @task
    def after(given): ...

    @task
    def mapped(number):
        return number

    load(), skipped(), mapped.expand(number=[1, 2])
    after(broken())

with DAG("{SUCCEEDS}", **given):

    @task
    def only(): ...

    only()
"""


def lines_of(home: Path, udp: UdpReceiver) -> list[str]:
    """What is sent until both runs have ended, and the pools were told once more."""
    (home / "dags").mkdir()
    (home / "dags" / "both.py").write_text(DAGS)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "CORE__DAGS_FOLDER": home / "dags",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": 4,
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "API_AUTH__JWT_SECRET": "a secret of this test, and of no use",
        "METRICS__STATSD_ON": True,
        "METRICS__STATSD_HOST": "127.0.0.1",
        "METRICS__STATSD_PORT": udp.port,
        "METRICS__STATSD_INFLUXDB_ENABLED": True,
        "SCHEDULER__POOL_METRICS_INTERVAL": 1,
    }
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        **{f"AIRFLOW__{key}": str(value) for key, value in settings.items()},
    }
    command = [sys.executable, "-m", "airflow"]

    def run(*arguments: str) -> None:
        subprocess.run([*command, *arguments], env=environment, capture_output=True, check=True, timeout=120)

    @contextmanager
    def process(*arguments: str) -> Iterator[None]:
        log = (home / f"{arguments[0]}.log").open("w")
        with log, subprocess.Popen([*command, *arguments], env=environment, stdout=log, stderr=log) as started:
            try:
                yield
            finally:
                started.terminate()
                try:
                    started.wait(30)
                except subprocess.TimeoutExpired:
                    started.kill()

    run("db", "migrate")
    serving = ("api-server", "--apps", "execution", "--host", "127.0.0.1", "--port", str(port), "--workers", "1")
    with process(*serving):
        run("pools", "set", POOL, str(POOL_SLOTS), "a test")
        run("dags", "reserialize")
        _wait_for(port)
        with process("scheduler", "--skip-serve-logs"):
            return _until_told(udp)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    pytest.fail("Airflow's API server doesn't answer")


def _until_told(udp: UdpReceiver) -> list[str]:
    lines: list[str] = []
    ended = 0
    until = time.monotonic() + 200
    while time.monotonic() < until:
        lines += udp.lines()
        names = [line.partition(":")[0] for line in lines]
        ends = [at for at, name in enumerate(names) if name.startswith("airflow.dagrun.duration.")]
        ended = max(ends, default=0)
        # Each under its two names.
        if len(ends) == 2 * len(DAG_IDS) and f"airflow.pool.open_slots.{POOL}" in names[ended:]:
            return lines
    pytest.fail(f"Airflow's runs haven't ended: {len(lines)} measurements")


def times_of(home: Path) -> dict[str, dict[str, datetime]]:
    """The times of the runs in Airflow's own database, by `dag_id`."""
    columns = ("start_date", "end_date", "run_after")
    with closing(sqlite3.connect(home / "airflow.db")) as connection:
        rows = connection.execute(f"SELECT dag_id, {', '.join(columns)} FROM dag_run").fetchall()
    return {
        dag_id: {
            name: datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
            for name, text in zip(columns, times, strict=True)
        }
        for dag_id, *times in rows
    }
