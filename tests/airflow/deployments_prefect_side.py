"""Deploys the DAGs of folders: `python deployments_prefect_side.py HOME NOW FOLDERS...` writes HOME/prefect.json.

An empty flow is put at each entrypoint that the generated prefect.yaml names, and Prefect's own command deploys all.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from datetime import datetime
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.server.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule
from prefect.settings import PREFECT_API_URL
from prefect.testing.utilities import prefect_test_harness
from pydantic import TypeAdapter

from airflow_compat import deployments

RUNS = 10
POOL = "examples"


def _write_flows(entrypoints: list[str]) -> None:
    for entrypoint in entrypoints:
        module, _, function = entrypoint.rpartition(":")
        path = Path(module)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(f"from prefect import flow\n@flow\ndef {function}(**params): ...\n")


def _deployed(now: datetime) -> dict[str, Any]:
    """Each deployment that the server has, and its next runs."""
    found: dict[str, Any] = {}
    with get_client(sync_client=True) as client:
        while page := client.read_deployments(limit=100, offset=len(found)):
            for deployment in page:
                dates = [_dates(each.schedule.model_dump(mode="json"), now) for each in deployment.schedules]
                runs = [moment.isoformat() for moment in islice(merge(*dates), RUNS)]
                found[deployment.name] = {
                    "runs": runs,
                    "tags": sorted(deployment.tags),
                    "params": deployment.parameters,
                    "description": deployment.description or "",
                }
    return found


def _dates(schedule: dict[str, Any], now: datetime) -> list[datetime]:
    kinds: TypeAdapter[Any] = TypeAdapter(CronSchedule | IntervalSchedule | RRuleSchedule)
    dates = asyncio.run(kinds.validate_python(schedule).get_dates(RUNS + 1, start=now))
    return [moment for moment in dates if moment > now][:RUNS]


def _run(home: Path, now: datetime, folders: list[str]) -> dict[str, Any]:
    os.chdir(home)
    generated = deployments.to_prefect_yaml(deployments.read_dag_files(folders), work_pool=POOL)
    generated.write()
    before = Path("prefect.yaml").read_bytes()
    again = deployments.to_prefect_yaml(deployments.read_dag_files(folders), work_pool=POOL)
    again.write()
    _write_flows([entry.entrypoint for entry in generated.entries])
    with prefect_test_harness(server_startup_timeout=240):
        with get_client(sync_client=True) as client:
            client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
        environment = {**os.environ, "PREFECT_API_URL": str(PREFECT_API_URL.value())}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=500, check=False)
        deployed = _deployed(now)
    return {
        "exit_code": done.returncode,
        "output": done.stdout[-2000:] + done.stderr[-2000:],
        "entries": [entry.name for entry in generated.entries],
        "problems": [problem.as_dict() for problem in generated.problems],
        "unchanged": Path("prefect.yaml").read_bytes() == before
        and {each.action for each in again.entries} == {"unchanged"},
        "deployed": deployed,
    }


if __name__ == "__main__":
    HOME = Path(sys.argv[1]).resolve()
    (HOME / "prefect.json").write_text(json.dumps(_run(HOME, datetime.fromisoformat(sys.argv[2]), sys.argv[3:])))
