"""DAGs that are still on Airflow: what tasks ask its REST API and start there, on a real web server.

To record the answers for the quick tests, set `AIRFLOW_COMPAT_RECORD` to a folder.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from airflow_api_scenario import EXPECTED
from airflow_api_server import LOGIN, PASSWORD, airflow_api
from real_airflow import MAJOR

VARIABLE = "AIRFLOW_COMPAT_PREFECT_PYTHON"
SIDE = Path(__file__).parent / "airflow_api_prefect_side.py"

pytestmark = [
    pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} names no Python with the shims"),
]


def test_a_dag_on_airflow_is_awaited_and_started(tmp_path: Path) -> None:
    record = os.environ.get("AIRFLOW_COMPAT_RECORD")
    with airflow_api(tmp_path, MAJOR) as port:
        uri = f"http://{LOGIN}:{PASSWORD}@127.0.0.1:{port}"
        environment = {**os.environ, "PREFECT_HOME": str(tmp_path / "prefect")}
        command = [os.environ[VARIABLE], str(SIDE), uri, *([str(Path(record, f"{MAJOR}.json"))] if record else [])]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == EXPECTED
