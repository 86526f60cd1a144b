"""What a real Airflow sends of a run is what is recorded; `tests/integration/metrics/test_runs.py` has ours the same.

Airflow's tasks send theirs in `airflow dags test`; those of DAG runs and pools are sent by its scheduler alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from metric_receivers import plain, udp_receiver
from real_airflow import MAJOR

RECORDED = Path(__file__).parents[1] / "data" / "airflow_metrics.json"
DAG = """
from datetime import datetime, timedelta, timezone

from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowSkipException

start = datetime(2026, 1, 1, tzinfo=timezone.utc)
with DAG("etl", schedule=None, start_date=start, default_args={"retry_delay": timedelta(0)}):

    @task
    def load(): ...

    @task
    def skipped():
        raise AirflowSkipException

    @task(retries=1)
    def broken():
        raise ValueError

    load(), skipped(), broken()
"""


@pytest.mark.skipif(MAJOR == "2", reason="Airflow 2 sends older tags, and zeros")
@pytest.mark.skipif(find_spec("statsd") is None, reason="statsd isn't installed")
def test_what_is_recorded_is_what_airflow_sends(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "etl.py").write_text(DAG)
    with udp_receiver() as udp:
        metrics = {"ON": "True", "HOST": "127.0.0.1", "PORT": str(udp.port), "INFLUXDB_ENABLED": "True"}
        environment = {
            **os.environ,
            **{f"AIRFLOW__METRICS__STATSD_{key}": value for key, value in metrics.items()},
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__CORE__DAGS_FOLDER": str(tmp_path / "dags"),
        }
        for command in (["db", "migrate"], ["dags", "test", "etl"]):
            before = udp.lines()
            assert all("serde" in line for line in before)
            subprocess.run(
                [sys.executable, "-m", "airflow", *command],
                env=environment,
                capture_output=True,
                check=command[0] == "db",
                timeout=200,
            )
        sent = [plain(line) for line in udp.lines() if "serde" not in line]
    assert sorted(sent) == json.loads(RECORDED.read_text())
