"""A real worker imports a flow file with the usual top-level code of DAG files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.deployments import run_deployment

from airflow_compat import Variable

_FLOW = """
from prefect import flow
from airflow_compat import Variable, get_connection

SETTINGS = Variable.get("{unique}_settings", deserialize_json=True)
HOST = get_connection("{unique}_db").host

@flow
def ported():
    Variable.set("{unique}_seen", [SETTINGS["rows"], HOST], serialize_json=True)
"""


def test_variables_and_connections_at_the_top_of_a_module(unique: str, tmp_path: Path) -> None:
    from airflow_compat import AirflowConnection

    Variable.set(f"{unique}_settings", {"rows": 7}, serialize_json=True)
    AirflowConnection(conn_id=f"{unique}_db", conn_type="http", host="h.example").save(f"{unique}-db")
    (tmp_path / "ported.py").write_text(_FLOW.format(unique=unique))
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=unique, type="process"))
    deployed = flow.from_source(str(tmp_path), "ported.py:ported")
    deployed.deploy(unique, work_pool_name=unique, print_next_steps=False, ignore_warnings=True)
    run = run_deployment(f"ported/{unique}", timeout=0)
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", unique, "--run-once"]
    ended = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=200, check=False)
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(run.id).state
    assert state.is_completed(), ended.stdout + ended.stderr
    assert Variable.get(f"{unique}_seen", deserialize_json=True) == [7, "h.example"]
