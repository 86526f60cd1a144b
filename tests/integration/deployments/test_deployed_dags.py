"""DAG files are deployed with two commands, and a real worker runs them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.deployments import run_deployment

from airflow_compat.cli._app import run

if TYPE_CHECKING:
    import pytest

_DAGS = """
    from airflow.sdk import DAG, Param, task
    from helper import where

    for name in ("team.{unique}", "{unique}_plain"):
        with DAG(name, schedule=None, params={{"region": Param("eu", enum=["eu", "us"])}}):
            @task
            def load(params, dag_run):
                (where / dag_run.dag_id).write_text(f"{{params['region']}} {{dict(dag_run.conf)}}")

            load()
"""


def test_a_folder_is_deployed_and_run(unique: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "helper.py").write_text(f"from pathlib import Path\nwhere = Path({str(tmp_path)!r})\n")
    (tmp_path / "dags" / "both.py").write_text(textwrap.dedent(_DAGS.format(unique=unique)))
    monkeypatch.chdir(tmp_path)
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=unique, type="process"))

    assert run(["dags", "deploy-config", "dags", "--work-pool", unique]) == 0
    deployed = _prefect("--no-prompt", "deploy", "--all")
    names = [f"team.{unique}", f"{unique}_plain"]
    with get_client(sync_client=True) as client:
        schema = client.read_deployment_by_name(f"{names[0]}/{names[0]}").parameter_openapi_schema
    assert schema["properties"]["conf"]["properties"]["region"]["enum"] == ["eu", "us"], deployed
    runs = [
        run_deployment(f"{names[0]}/{names[0]}", timeout=0, parameters={"conf": {"region": "us"}}),
        run_deployment(f"{names[1]}/{names[1]}", timeout=0),
    ]
    ended = _prefect("worker", "start", "--pool", unique, "--run-once")

    with get_client(sync_client=True) as client:
        for each in runs:
            assert client.read_flow_run(each.id).state.is_completed(), ended
    assert [(tmp_path / name).read_text() for name in names] == ["us {'region': 'us'}", "eu {}"]


def _prefect(*arguments: str) -> str:
    command = [sys.executable, "-m", "prefect", *arguments]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
