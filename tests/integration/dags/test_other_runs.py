"""Tasks that start runs of other DAGs of their folder, and wait for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from dag_runs import run, states_of, write

_CHILD = """
    from airflow.sdk import DAG, task

    with DAG("{child}", schedule=None) as dag:
        @task
        def load(dag_run):
            return dict(dag_run.conf)

        load()
"""

_PARENT = """
    from airflow.sdk import DAG
    from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
    from airflow.providers.standard.sensors.external_task import ExternalTaskSensor

    with DAG("{dag_id}", schedule=None) as dag:
        start = TriggerDagRunOperator(
            task_id="start", trigger_dag_id="{child}", conf={{"rows": 3}}, logical_date="{{{{ ts }}}}",
            wait_for_completion=True, poke_interval=1,
        )
        seen = ExternalTaskSensor(task_id="seen", external_dag_id="{child}", external_task_id="load", poke_interval=1)
        again = TriggerDagRunOperator(
            task_id="again", trigger_dag_id="{child}", logical_date="{{{{ ts }}}}", skip_when_already_exists=True,
        )
        start >> seen >> again
"""


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_a_run_is_started_and_waited_for(unique: str, tmp_path: Path, isolation: str) -> None:
    write(tmp_path, "child", _CHILD.format(child=f"{unique}_child"))
    path = write(tmp_path, "parent", _PARENT.format(dag_id=unique, child=f"{unique}_child"))
    result = run(path, isolation=isolation).result()
    assert states_of(result) == {"start": "success", "seen": "success", "again": "skipped"}
