"""Tasks that start runs of deployed DAGs, and wait for them. A thread executes the runs, as a worker does."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

import pytest
from dag_deployments import executing, flow_in, run_deployed
from dag_runs import states_of
from prefect.client.orchestration import get_client

DATE = datetime(2026, 3, 1, tzinfo=timezone.utc)

_CHILD = """
    import json
    from airflow.sdk import DAG, TaskGroup, task

    with DAG("{child}", schedule=None):
        @task
        def load(dag_run, ti):
            seen = [dict(dag_run.conf), dag_run.run_id, dag_run.run_type, ti.try_number, bool(dag_run.logical_date)]
            with open("{folder}/seen", "a") as file:
                print(json.dumps(seen), file=file)

        loaded = load()
        with TaskGroup("checks"):
            @task
            def count():
                if "{fails}":
                    raise ValueError

            loaded >> count()
"""

_PARENT = """
    from airflow.sdk import DAG
    from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
    from airflow.providers.standard.sensors.external_task import ExternalTaskSensor

    with DAG("{parent}", schedule=None):
        given = dict(trigger_dag_id="{child}", wait_for_completion=True, poke_interval=1)
        start = TriggerDagRunOperator(task_id="start", conf={{"rows": 3}}, logical_date="{{{{ ts }}}}", **given)
        awaited = dict(external_dag_id="{child}", poke_interval=1, timeout=200)
        seen = [
            ExternalTaskSensor(task_id="task", external_task_id="load", check_existence=True, **awaited),
            ExternalTaskSensor(task_id="group", external_task_group_id="checks", check_existence=True, **awaited),
            ExternalTaskSensor(task_id="run", **awaited),
        ]
        twice = TriggerDagRunOperator(task_id="twice", logical_date="{{{{ ts }}}}", **given)
        skipped = TriggerDagRunOperator(
            task_id="skipped", logical_date="{{{{ ts }}}}", skip_when_already_exists=True, **given
        )
        reset = TriggerDagRunOperator(
            task_id="reset", logical_date="{{{{ ts }}}}", reset_dag_run=True, trigger_rule="all_done", **given
        )
        undated = TriggerDagRunOperator(task_id="undated", trigger_run_id="mine", logical_date=None, **given)
        start >> seen >> twice
        seen >> skipped >> reset
        reset >> undated
"""


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_runs_of_another_deployment(unique: str, tmp_path: Path, isolation: Literal["thread", "process"]) -> None:
    values = {"parent": unique, "child": f"{unique}_child", "folder": str(tmp_path), "fails": ""}
    parent = flow_in(tmp_path, "parent", _PARENT, isolation=isolation, **values)
    child = flow_in(tmp_path, "child", _CHILD, **values)
    with get_client(sync_client=True) as client:
        with executing(client, child):
            result = run_deployed(client, parent, DATE)
        runs = client.request("POST", "/flow_runs/filter", json={"flows": {"name": {"any_": [child.name]}}}).json()
    assert states_of(result) == {
        **dict.fromkeys(["start", "task", "group", "run", "reset", "undated"], "success"),
        "twice": "failed",
        "skipped": "skipped",
    }
    assert result.xcoms["start", -1, "trigger_run_id"] == f"manual__{DATE.isoformat()}"
    assert all(run["deployment_id"] and run["state_name"] == "Completed" for run in runs)
    assert {run["name"] for run in runs} == {f"manual__{DATE.isoformat()}", "mine"}
    dated = [{"rows": 3}, f"manual__{DATE.isoformat()}", "manual"]
    assert [json.loads(line) for line in (tmp_path / "seen").read_text().splitlines()] == [
        [*dated, 1, True],
        # It was cleared.
        [*dated, 2, True],
        [{}, "mine", "manual", 1, False],
    ]


def test_a_failed_run_of_another_deployment_fails_the_task(unique: str, tmp_path: Path) -> None:
    source = """
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
        from airflow.providers.standard.sensors.external_task import ExternalTaskSensor

        with DAG("{parent}", schedule=None):
            start = TriggerDagRunOperator(
                task_id="start", trigger_dag_id="{child}", logical_date="{{{{ ts }}}}", wait_for_completion=True,
                poke_interval=1,
            )
            sees = dict(external_dag_id="{child}", poke_interval=1, trigger_rule="all_done")
            start >> [
                ExternalTaskSensor(task_id="failed", external_task_id="checks.count", failed_states=["failed"], **sees),
                ExternalTaskSensor(task_id="skipped", allowed_states=["success"], skipped_states=["failed"], **sees),
            ]
            TriggerDagRunOperator(task_id="nowhere", trigger_dag_id="{child}_of_nobody")
    """
    parent, child = (
        flow_in(tmp_path, name, source, parent=unique, child=f"{unique}_child", folder=str(tmp_path), fails="yes")
        for name, source in (("parent", source), ("child", _CHILD))
    )
    with get_client(sync_client=True) as client, executing(client, child):
        result = run_deployed(client, parent, DATE)
    assert states_of(result) == {"start": "failed", "failed": "failed", "skipped": "skipped", "nowhere": "failed"}
