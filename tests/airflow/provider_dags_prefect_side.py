"""Runs the DAGs of `provider_dags`, all tasks in a host.

`python provider_dags_prefect_side.py HOME PYTHON RELEASE DAG_IDS` writes HOME/found.json. It is a process of
its own, since Prefect has an environment of its own.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from prefect.settings import (
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_LOCAL_STORAGE_PATH,
    PREFECT_LOGGING_TO_API_ENABLED,
    temporary_settings,
)
from prefect.testing.utilities import prefect_test_harness

from airflow_compat import dags
from airflow_compat.dags import _run
from airflow_compat.hosting import AirflowHost
from airflow_compat.testing import fake_connections

HERE = Path(__file__).parent
DAY = datetime(2024, 3, 5, tzinfo=timezone.utc)


def main(home: Path, python: str, release: Any, *wanted: str) -> dict[str, Any]:
    """Run the DAGs, and return their states, tries and XComs."""
    os.environ["PROVIDERS_HOME"] = str(home)
    # Also those that have stand-ins.
    _run.hosted_tasks = lambda dag: iter(dag.task_dict)
    host = AirflowHost(python, env={"AIRFLOW_HOME": str(home / "host")})
    arguments: dict[str, Any] = {"airflow_version": release, "search_path": [HERE.parent], "host": host}
    found: dict[str, Any] = {}
    for file in sorted((HERE / "provider_dags").glob("*.py")):
        flows = {} if file.stem == "notes" else dags.load_flows(file, **arguments)
        for dag_id in flows.keys() & wanted:
            result = dags.test(f"{file}:{dag_id}", logical_date=DAY, **arguments)
            found[dag_id] = {
                each.name: {"state": each.state, "tries": each.try_number, "xcoms": {}}
                for each in result.task_instances
            }
            for (task_id, _, key), value in result.xcoms.items():
                found[dag_id][task_id]["xcoms"][key] = repr(value)
    return found


if __name__ == "__main__":
    HOME = Path(sys.argv[1]).resolve()
    logging.disable(logging.WARNING)
    settings = {
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        PREFECT_LOCAL_STORAGE_PATH: str(HOME / "results"),
        PREFECT_LOGGING_TO_API_ENABLED: False,
    }
    connections = json.loads((HOME / "connections.json").read_text())
    with (
        temporary_settings(settings),
        prefect_test_harness(server_startup_timeout=240),
        fake_connections(connections),
    ):
        (HOME / "found.json").write_text(json.dumps(main(HOME, *sys.argv[2:])))
