"""`airflow-compat metrics export`: metrics of a whole server, printed and scraped."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
import urllib.request
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from child_processes import end
from prefect import flow, task

from airflow_compat import pools
from airflow_compat.cli._app import run
from airflow_compat.errors import ServerUnreachableError
from airflow_compat.metrics import Prometheus
from airflow_compat.metrics._poll import ServerMetrics

if TYPE_CHECKING:
    import pytest


def run_twice(name: str) -> None:
    @task
    def load() -> None: ...

    @task
    def broken() -> None:
        raise ValueError

    @flow(name=name)
    def etl() -> None:
        load()
        load()
        broken(return_state=True)

    etl()


def of(text: str, name: str) -> dict[str, float]:
    """Return the values of one flow or pool, without its name."""
    lines = [line for line in text.splitlines() if f'"{name}"' in line and not line.startswith("#")]
    return {line.rpartition(" ")[0].replace(f'dag_id="{name}",', ""): float(line.rpartition(" ")[2]) for line in lines}


def settled(metrics: ServerMetrics, name: str, count: int) -> dict[str, float]:
    """Return the flow's values, once the ends of its task runs have reached the database some seconds later."""
    until = time.monotonic() + 240
    while True:
        metrics.poll()
        found = of(metrics.text(), name)
        if sum(value for key, value in found.items() if key.startswith("airflow_ti_finish_total")) >= count:
            return found
        assert time.monotonic() < until, metrics.text()


def test_runs_are_counted_once(unique: str) -> None:
    metrics = ServerMetrics(datetime.now(timezone.utc) - timedelta(seconds=1), Prometheus())
    run_twice(unique)
    found = settled(metrics, unique, 3)
    metrics.poll()
    again = of(metrics.text(), unique)
    counted = {
        'airflow_ti_finish_total{state="success",task_id="load"}': 2,
        'airflow_ti_finish_total{state="failed",task_id="broken"}': 1,
        'airflow_ti_successes_total{task_id="load"}': 2,
        'airflow_ti_failures_total{task_id="broken"}': 1,
        'airflow_task_duration_seconds_count{task_id="load"}': 2,
        'airflow_task_duration_seconds_count{task_id="broken"}': 1,
        'airflow_dagrun_duration_success_seconds_count{run_type="manual"}': 1,
    }
    assert {key: value for key, value in again.items() if "_sum" not in key} == counted
    assert found.keys() == again.keys()


def test_task_with_custom_run_names_has_one_metric(unique: str) -> None:
    @task(task_run_name="load of {day}")
    def load(day: int) -> None: ...

    @flow(name=unique)
    def etl() -> None:
        for day in range(3):
            load(day)

    metrics = ServerMetrics(datetime.now(timezone.utc) - timedelta(seconds=1), Prometheus())
    etl()
    found = settled(metrics, unique, 3)
    assert found['airflow_ti_finish_total{state="success",task_id="load"}'] == 3
    assert not any("load_of" in key for key in found)


def test_deleted_pools_are_left_out(unique: str) -> None:
    from patient_client import patient_client

    pools.apply(pools.plan({unique: 4}))
    metrics = ServerMetrics(datetime.now(timezone.utc), Prometheus())
    metrics.poll()
    assert f'airflow_pool_open_slots{{pool_name="{unique}"}} 4.0' in metrics.text().splitlines()
    patient_client().delete_global_concurrency_limit_by_name(unique)
    metrics.poll()
    assert unique not in metrics.text()


def test_single_export(unique: str, capsys: pytest.CaptureFixture[str]) -> None:
    run_twice(unique)
    assert run(["metrics", "export", "--once"]) == 0
    assert "airflow_scheduler_dagruns_running" in (shown := capsys.readouterr().out)
    assert 'airflow_dagrun_duration_success_seconds_count{run_type="manual"}' in of(shown, unique)
    assert run(["metrics", "export", "--once", "--since", "-1"]) == 2


def test_export_serves_until_stopped() -> None:
    command = [sys.executable, "-u", "-m", "airflow_compat.cli", "metrics", "export", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().split()[3].rstrip(",")
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                text = answer.read().decode()
            assert "airflow_prefect_server_up 1.0" in text.splitlines()
            assert "airflow_scheduler_dagruns_running" in text
        finally:
            end(process, signal.SIGTERM)
        assert process.returncode == 0
    assert url.startswith("http://127.0.0.1:")


def test_unreachable_server_causes_a_warning(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    metrics = ServerMetrics(datetime.now(timezone.utc), Prometheus())
    metrics.poll()
    stop = threading.Event()

    def gone() -> int:
        stop.set()
        raise ServerUnreachableError("the server can't be reached")

    monkeypatch.setattr("airflow_compat.metrics._poll.count_running", gone)
    metrics.serve(0.01, stop)
    assert "airflow_prefect_server_up 0.0" in metrics.text()
    assert "airflow_scheduler_dagruns_running" in metrics.text()
    assert "can't be reached" in caplog.text
