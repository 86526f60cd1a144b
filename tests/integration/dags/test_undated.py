"""Runs of Airflow 3 without a logical date: by hand, by another DAG, and by events of assets."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path

import pytest
from dag_runs import flow_run_of, run, states_of, write
from prefect.client.orchestration import get_client
from prefect.flow_engine import run_flow

from airflow_compat import dags
from airflow_compat.authoring import Asset
from airflow_compat.dags._inlet_events import events_of

_DAG = """
    from airflow.sdk import DAG, task

    with DAG("{dag_id}", schedule=None):
        @task(depends_on_past=True)
        def seen(**context):
            dag_run, ti = context["dag_run"], context["ti"]
            keys = ["logical_date", "ds", "data_interval_start", "prev_data_interval_end_success"]
            return [
                [key in context for key in keys],
                [context.get(key) for key in keys],
                [dag_run.logical_date, dag_run.data_interval_end, dag_run.run_type],
                context["task_instance_key_str"] == f"{dag_id}__seen__{{ti.run_id}}",
            ]

        seen()
"""


def test_a_run_without_a_date_has_no_keys_of_it(unique: str, tmp_path: Path) -> None:
    path = write(tmp_path, "undated", _DAG.format(dag_id=unique))

    first, second = (dags.test(str(path), logical_date=None) for _ in range(2))

    assert first.xcoms["seen", -1, "return_value"] == [[False] * 4, [None] * 4, [None, None, "manual"], True]
    assert (first.logical_date, second.state) == (None, "success")
    assert first.run_id.startswith("manual__20")
    assert first.run_id.partition("_" * 2)[2].count("_") == 1


def test_airflow_2_takes_now(unique: str, tmp_path: Path) -> None:
    source = _DAG.replace("airflow.sdk import DAG, task", "airflow.decorators import task; from airflow import DAG")
    result = dags.test(
        str(write(tmp_path, "dated", source.format(dag_id=unique))), logical_date=None, airflow_version="2"
    )
    assert result.logical_date is not None


def test_a_template_of_a_missing_date_fails_the_task(unique: str, tmp_path: Path) -> None:
    source = f"""
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.bash import BashOperator

        with DAG("{unique}", schedule=None):
            BashOperator(task_id="echo", bash_command="echo {{{{ ds }}}}")
            BashOperator(task_id="guarded", bash_command="echo {{{{ ds if ds is defined else 'none' }}}}")
    """
    result = dags.test(str(write(tmp_path, "templates", source)), logical_date=None)
    assert states_of(result) == {"echo": "failed", "guarded": "success"}
    assert result.xcoms["guarded", -1, "return_value"] == "none"


def test_a_triggered_run_can_have_no_date(unique: str, tmp_path: Path) -> None:
    write(tmp_path, "child", _DAG.format(dag_id=f"{unique}_child"))
    source = f"""
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator

        with DAG("{unique}", schedule=None):
            TriggerDagRunOperator(
                task_id="start", trigger_dag_id="{unique}_child", logical_date=None, wait_for_completion=True,
                poke_interval=1,
            )
    """
    state = run(write(tmp_path, "parent", source))
    assert states_of(state.result()) == {"start": "success"}
    with get_client(sync_client=True) as client:
        body = {"flows": {"name": {"any_": [f"{unique}_child"]}}}
        (child,) = client.request("POST", "/flow_runs/filter", json=body).json()
    assert child["labels"]["airflow-compat.run-type"] == "manual"
    assert "airflow-compat.logical-date" not in child["labels"]


_ASSETS = """
    from datetime import datetime
    {imports}

    orders, stock = {kind}({orders}), {kind}({stock})

    with DAG("{dag_id}", schedule=[orders, stock], start_date=datetime(2026, 1, 1)):
        @task
        def seen({key}=None, dag_run=None, logical_date=None):
            found = {{getattr(key, "uri", key): [each.extra for each in events] for key, events in {key}.items()}}
            return [dag_run.run_type, logical_date is None, found]

        seen()

    with DAG("{dag_id}_writer", schedule=None):
        @task(outlets=[orders])
        def write(outlet_events=None):
            outlet_events[orders].extra["rows"] = 3

        write()
"""


@pytest.mark.parametrize("version", ["2", "3"])
def test_a_run_started_by_assets_has_their_events(unique: str, tmp_path: Path, version: str) -> None:
    name = "asset_triggered" if version == "3" else "dataset_triggered"
    uris = {"orders": f"s3://{unique}/orders", "stock": f"s3://{unique}/stock"}
    source = _ASSETS.format(
        dag_id=unique,
        imports="from airflow.sdk import DAG, Asset, task"
        if version == "3"
        else "from airflow import DAG, Dataset; from airflow.decorators import task",
        kind="Asset" if version == "3" else "Dataset",
        key="triggering_asset_events" if version == "3" else "triggering_dataset_events",
        **{name: f"uri='{uri}'" if version == "3" else f"'{uri}'" for name, uri in uris.items()},
    )
    flows = dags.load_flows(write(tmp_path, "assets", source), airflow_version=version)
    assert flows.import_errors == {}
    flows[f"{unique}_writer"]()
    deadline = time.monotonic() + 240
    while not list(events_of(Asset(uri=uris["orders"]))):
        assert time.monotonic() < deadline
        time.sleep(0.1)

    def started_by_events() -> list[object]:
        flow = flows[unique]
        with get_client(sync_client=True) as client:
            flow_run = client.create_flow_run(flow)
            client.update_flow_run_labels(flow_run.id, {"airflow-compat.run-type": name})
            flow_run = client.read_flow_run(flow_run.id)
        found: list[object] = run_flow(flow, flow_run=flow_run, parameters={}).xcoms["seen", -1, "return_value"]
        return found

    assert started_by_events() == [name, version == "3", {uris["orders"]: [{"rows": 3}]}]
    # The events count once.
    assert started_by_events() == [name, version == "3", {}]
    by_hand = run(f"{tmp_path / 'assets.py'}:{unique}", version=version, logical_date=datetime.now(timezone.utc))
    assert by_hand.result().xcoms["seen", -1, "return_value"] == ["manual", False, {}]
    assert flow_run_of(by_hand).labels["airflow-compat.run-type"] == "manual"
