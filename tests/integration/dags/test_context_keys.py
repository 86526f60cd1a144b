"""Keys of the context that only one release has, in tasks of a DAG."""

from __future__ import annotations

from pathlib import Path

from dag_runs import run, write

from airflow_compat import dags


def test_tries_share_the_state_store_of_airflow_3(unique: str, tmp_path: Path) -> None:
    source = f"""
        from datetime import timedelta
        from airflow.sdk import DAG, task

        with DAG("{unique}", schedule=None) as dag:
            @task(retries=1, retry_delay=timedelta(0))
            def submit(task_state_store=None):
                job = task_state_store.get("job")
                if job is None:
                    task_state_store.set("job", 7)
                    raise ValueError("The connection is lost.")
                return job

            submit()
    """

    result = run(write(tmp_path, "stores", source)).result()

    assert [(each.state, each.try_number) for each in result.task_instances] == [("success", 2)]
    assert result.xcoms["submit", -1, "return_value"] == 7


def test_dags_share_the_state_store_of_an_asset_of_airflow_3(unique: str, tmp_path: Path) -> None:
    source = f"""
        from airflow.sdk import DAG, Asset, task

        ORDERS = Asset("{unique}/orders")

        with DAG("{unique}_load", schedule=None):
            @task(outlets=[ORDERS])
            def load(asset_state_store=None):
                store = asset_state_store[ORDERS]
                store.set("runs", store.get("runs", default=0) + 1)

            load()

        with DAG("{unique}_report", schedule=None):
            @task(inlets=[ORDERS])
            def report(asset_state_store=None):
                return asset_state_store.get("runs")

            @task
            def without_assets(**context):
                return "asset_state_store" in context

            report(), without_assets()
    """
    file = write(tmp_path, "assets", source)

    for _ in range(2):
        assert dags.test(f"{file}:{unique}_load").state == "success"

    result = dags.test(f"{file}:{unique}_report")
    assert result.xcoms["report", -1, "return_value"] == 2
    assert result.xcoms["without_assets", -1, "return_value"] is False


def test_a_test_run_has_no_test_mode(unique: str, tmp_path: Path) -> None:
    source = f"""
        from airflow import DAG
        from airflow.decorators import task

        with DAG("{unique}", schedule=None) as dag:
            @task
            def load(test_mode=None, inlet_events=None):
                return [test_mode, len(inlet_events)]

            load()
    """

    result = dags.test(str(write(tmp_path, "mode", source)), airflow_version="2")

    assert result.xcoms["load", -1, "return_value"] == [False, 0]
