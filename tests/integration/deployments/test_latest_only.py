"""A deployed DAG with `LatestOnlyOperator` and `max_active_runs=1` catches up on several missed intervals."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from dag_runs import write
from patient_client import patient_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import FlowRun
from prefect.flow_runs import wait_for_flow_run
from worker_process import working

from airflow_compat.cli._app import run as run_command
from airflow_compat.dags import runs

pytestmark = pytest.mark.usefixtures("own_server")

# The latest interval is a year long, so the test does not depend on the time of day.
_YEARS = range(datetime.now(timezone.utc).year - 3, datetime.now(timezone.utc).year + 1)
_DAG = """
    from datetime import datetime
    from pathlib import Path
    from airflow.providers.standard.operators.latest_only import LatestOnlyOperator
    from airflow.sdk import DAG, task

    def note(name, text):
        with Path("{folder}", name).open("a") as file:
            file.write(text + "\\n")

    with DAG("{dag_id}", schedule="@yearly", start_date=datetime({first}, 1, 1), catchup=True, max_active_runs=1):
        @task
        def begins(logical_date=None):
            note("begun", str(logical_date.year))

        @task
        def works(logical_date=None):
            note("worked", str(logical_date.year))

        @task(trigger_rule="all_done")
        def ends():
            pass

        begins() >> LatestOnlyOperator(task_id="latest") >> works() >> ends()
"""


def _deploy(name: str, folder: Path) -> str:
    patient_client().create_work_pool(WorkPoolCreate(name=name, type="process"))
    assert run_command(["dags", "deploy-config", str(folder / "dags"), "--work-pool", name]) == 0
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return str(patient_client().read_deployment_by_name(f"{name}/{name}").id)


def _missed_runs(deployment_id: str) -> list[FlowRun]:
    """Let the server's scheduler create the runs that were due while no worker was there."""
    start = datetime(_YEARS[0], 1, 1, tzinfo=timezone.utc)
    now = datetime.now(timezone.utc)
    body = {
        "start_time": (start - timedelta(days=1)).isoformat(),
        "end_time": now.isoformat(),
        "min_runs": len(_YEARS),
        "max_runs": len(_YEARS),
    }
    patient_client().request("POST", f"/deployments/{deployment_id}/schedule", json=body)
    wanted = {
        "flow_runs": {
            "deployment_id": {"any_": [deployment_id]},
            "expected_start_time": {"before_": now.isoformat()},
        },
        "sort": "EXPECTED_START_TIME_ASC",
    }
    found = patient_client().request("POST", "/flow_runs/filter", json=wanted).json()
    return [FlowRun.model_validate(each) for each in found]


def _span(flow_run: FlowRun) -> tuple[datetime, datetime]:
    assert flow_run.start_time is not None
    assert flow_run.end_time is not None
    return flow_run.start_time, flow_run.end_time


def test_only_the_latest_run_works_and_runs_never_overlap(
    unique: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dags").mkdir()
    write(tmp_path / "dags", "latest", _DAG.format(folder=tmp_path, dag_id=unique, first=_YEARS[0]))
    monkeypatch.chdir(tmp_path)
    missed = _missed_runs(_deploy(unique, tmp_path))
    assert len(missed) == len(_YEARS)
    with working(unique):
        ended = [asyncio.run(wait_for_flow_run(each.id, timeout=600, poll_interval=1)) for each in missed]
    found = [{each.task_id: each.state for each in runs.task_instances(each.id)} for each in missed]

    assert [each.state_name for each in ended] == ["Completed"] * len(_YEARS)
    others = {"begins": "success", "latest": "success", "ends": "success"}
    assert found == [{**others, "works": "success" if year == _YEARS[-1] else "skipped"} for year in _YEARS]
    assert (tmp_path / "worked").read_text().split() == [str(_YEARS[-1])]
    assert sorted((tmp_path / "begun").read_text().split()) == [str(year) for year in _YEARS]
    # The processes of runs that overlap would start together, but their tasks need not overlap.
    assert all(end <= start for (_, end), (start, _) in pairwise(sorted(map(_span, ended))))
