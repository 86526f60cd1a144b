"""Sends SIGTERM to a flow whose operator hangs in a host: `python hosting_stop_prefect_side.py HOME PYTHON RELEASE`.

Prints what happened as JSON. With a fourth argument, it is the process of the flow.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from hosting_faults_prefect_side import exists
from prefect import flow
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from airflow_compat.hosting import AirflowHost
from airflow_compat.operators import as_task


def run_flow(home: Path, python: str, release: Any) -> None:
    """Run the flow, which does not end."""
    host = AirflowHost(python, str(home / "dags"), env={"AIRFLOW_HOME": str(home / "host")})
    hang = as_task("hosted_operators.Misbehave", task_id="hang", how="hang", airflow_version=release, host=host)

    @flow
    def plain() -> None:
        hang()

    plain()


def stop_flow(home: Path) -> dict[str, Any]:
    """Start the flow, send it SIGTERM when the operator hangs, and return what happened."""
    events = home / "stop-events"
    process = subprocess.Popen(
        [sys.executable, *sys.argv, "flow"],
        env={**os.environ, "HOSTED_EVENTS": str(events), "PREFECT_API_URL": str(PREFECT_API_URL.value())},
        stdout=subprocess.DEVNULL,
    )
    try:
        while not events.exists() or not events.read_text().endswith("\n"):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        process.wait(240)
    finally:
        process.kill()
        process.wait()
    (_, *pids), *rest = map(json.loads, events.read_text().splitlines())
    return {"events": rest, "left": [exists(pid) for pid in pids], "code": process.returncode}


if __name__ == "__main__":
    HOME = Path(sys.argv[1]).resolve()
    if sys.argv[4:]:
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            run_flow(HOME, *sys.argv[2:4])
    with prefect_test_harness(server_startup_timeout=240):
        FOUND = stop_flow(HOME)
    print(json.dumps(FOUND))
