"""The example's DAG is one that real Airflow loads, with what the example says of it."""

from __future__ import annotations

import runpy
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from real_airflow import MAJOR, load

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "warehouse"


@pytest.mark.skipif(MAJOR == "2", reason="the DAG imports from airflow.sdk, which is Airflow 3's")
def test_the_example_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    dag_class = load("airflow.sdk").DAG
    monkeypatch.syspath_prepend(EXAMPLE)
    dags: list[Any] = []
    leave = dag_class.__exit__
    monkeypatch.setattr(dag_class, "__exit__", lambda dag, *exc: dags.append(dag) or leave(dag, *exc))
    runpy.run_path(str(EXAMPLE / "airflow_dag.py"))
    (dag,) = dags
    assert dag.dag_id == "warehouse"
    assert set(dag.task_ids) == {"create_tables", "load", "check_planes", "report"}
    callback = sys.modules["alerts"].alert_slack
    check = dag.get_task("check_planes")
    assert callback in check.on_failure_callback
    assert (check.retries, check.retry_delay) == (1, timedelta(seconds=1))
    assert dag.get_task("load").pool == "warehouse_loaders"
