"""Airflow's metrics of the runs of DAGs, as a StatsD server with tags receives them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from dag_runs import run, write
from metric_receivers import UdpReceiver, udp_receiver

from airflow_compat import metrics
from airflow_compat.dags import load_flow

pytestmark = pytest.mark.usefixtures("prefect_server")

_DAG = """
    from datetime import timedelta
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG, task
    from airflow.sdk.exceptions import AirflowSkipException

    with DAG("{dag_id}", schedule=None):
        @task
        def extract():
            return [1, 2]

        @task(retries=1, retry_delay=timedelta(0))
        def load(row, ti=None):
            if ti.try_number == 1:
                raise ValueError("no rows")

        @task
        def skips():
            raise AirflowSkipException

        load.expand(row=extract()) >> BashOperator(task_id="report", bash_command="{command}")
        skips()
"""


@pytest.fixture
def udp(monkeypatch: pytest.MonkeyPatch) -> Iterator[UdpReceiver]:
    """A receiver that Airflow's own variables name."""
    with udp_receiver() as receiver:
        settings = {"statsd_on": "True", "statsd_host": "127.0.0.1", "statsd_port": receiver.port}
        settings |= {"statsd_datadog_enabled": "True", "statsd_prefix": "airflow"}
        for name, value in settings.items():
            monkeypatch.setenv(f"AIRFLOW__METRICS__{name.upper()}", str(value))
        yield receiver
        metrics.shutdown()


def _received(udp: UdpReceiver) -> Counter[str]:
    """Return how often each metric with tags arrived, without its value."""
    assert metrics.flush(60)
    parts = (line.split("|") for line in udp.lines())
    return Counter(
        " ".join([each[0].partition(":")[0].removeprefix("airflow."), *sorted(each[2][1:].split(","))])
        for each in parts
        if len(each) > 2
    )


def test_each_try_and_the_run_send_their_metrics(unique: str, tmp_path: Path, udp: UdpReceiver) -> None:
    path = write(tmp_path, "measured", _DAG.format(dag_id=unique, command="true"))
    flow = metrics.instrument(load_flow(path))

    assert flow(return_state=True, logical_date=datetime(2026, 3, 1, tzinfo=timezone.utc)).is_completed()

    found = {name: number for name, number in _received(udp).items() if f"dag_id:{unique}" in name}
    dag, python = f"dag_id:{unique}", "operator_name:_PythonDecoratedOperator"
    assert {name: number for name, number in found.items() if "task_id:load" in name} == {
        f"ti.start {dag} task_id:load": 4,
        f"ti.finish {dag} state:success task_id:load": 2,
        f"ti.finish {dag} state:up_for_retry task_id:load": 2,
        f"task.duration {dag} task_id:load": 4,
        f"operator_successes {dag} {python} task_id:load": 2,
        f"operator_failures {dag} {python} task_id:load": 2,
        f"operator_successes__PythonDecoratedOperator {dag} task_id:load": 2,
        f"operator_failures__PythonDecoratedOperator {dag} task_id:load": 2,
        f"ti_successes {dag} task_id:load": 2,
        f"ti_failures {dag} task_id:load": 2,
    }
    assert {name: number for name, number in found.items() if "task_id:skips" in name} == {
        f"ti.start {dag} task_id:skips": 1,
        f"ti.finish {dag} state:skipped task_id:skips": 1,
    }
    assert found[f"operator_successes {dag} operator_name:BashOperator task_id:report"] == 1
    assert {name: number for name, number in found.items() if name.startswith("dagrun.")} == {
        f"dagrun.duration.success {dag} run_type:manual": 1
    }


def test_a_failed_run_and_invalid_settings(
    unique: str, tmp_path: Path, udp: UdpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "failed", _DAG.format(dag_id=unique, command="false"))
    assert run(path).is_failed()
    assert _received(udp)[f"dagrun.duration.failed dag_id:{unique} run_type:manual"] == 1

    metrics.shutdown()
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_PORT", "none")
    assert run(path).is_failed()
    assert udp.lines() == []


def test_an_airflow_cfg_alone_names_the_target(unique: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "configured", _DAG.format(dag_id=unique, command="true"))
    with udp_receiver() as receiver:
        home = tmp_path / "home"
        home.mkdir()
        lines = ("[metrics]", "statsd_on = True", "statsd_host = 127.0.0.1", f"statsd_port = {receiver.port}")
        (home / "airflow.cfg").write_text("\n".join([*lines, "statsd_datadog_enabled = True"]))
        monkeypatch.setenv("AIRFLOW_HOME", str(home))
        try:
            assert run(path).is_completed()
            assert _received(receiver)[f"dagrun.duration.success dag_id:{unique} run_type:manual"] == 1
        finally:
            metrics.shutdown()
