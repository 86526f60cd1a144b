"""Backfills of DAG flows: they find runs of every type, and repeat a run by clearing it."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from dag_deployments import deploy, executing, flow_in, run_deployed
from prefect.client.orchestration import get_client

from airflow_compat.backfills import backfill
from airflow_compat.schedules import read_schedule

DAYS = [datetime(2026, 3, day, tzinfo=timezone.utc) for day in (1, 2, 3)]

_DAG = """
    from datetime import datetime
    from airflow.sdk import DAG, task

    with DAG("{dag_id}", schedule="@daily", start_date=datetime(2026, 1, 1), catchup=False):
        @task(depends_on_past=True)
        def load(dag_run, ti, ds):
            with open("{folder}/seen", "a") as file:
                print(ds, dag_run.run_type, ti.try_number, file=file)

        load()
"""


def test_runs_of_other_types_exist_and_are_repeated_by_a_clear(unique: str, tmp_path: Path) -> None:
    flow = flow_in(tmp_path, "daily", _DAG, dag_id=unique, folder=str(tmp_path))
    given = {"schedule": read_schedule("@daily", start_date=DAYS[0]), "max_active_runs": 1}
    with get_client(sync_client=True) as client:
        deploy(client, flow)
        run_deployed(client, flow, DAYS[1])
        with executing(client, flow):
            first = backfill(f"{unique}/prod", DAYS[0], DAYS[-1], **given)  # type: ignore[arg-type]
            again = backfill(f"{unique}/prod", DAYS[0], DAYS[-1], rerun="completed", reverse=True, **given)  # type: ignore[arg-type]
    assert [run.action for run in first] == ["create", "exists", "create"]
    assert [(run.action, run.state) for run in again] == [("rerun", "Completed")] * 3
    assert [run.flow_run_id for run in again] == [run.flow_run_id for run in first][::-1]
    seen = (tmp_path / "seen").read_text().splitlines()
    assert seen == [
        "2026-03-02 manual 1",
        "2026-03-01 backfill 1",
        "2026-03-03 backfill 1",
        "2026-03-03 backfill 2",
        "2026-03-02 manual 2",
        "2026-03-01 backfill 2",
    ]
