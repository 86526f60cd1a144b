"""Airflow's own example DAGs, deployed by Prefect from a prefect.yaml that is made of their files: do they run alike?

`nox -s airflow` makes an environment with Prefect beside Airflow's, and names its Python in the environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from real_airflow import MAJOR

VARIABLE = "AIRFLOW_COMPAT_PREFECT_PYTHON"
HERE = Path(__file__).parent

pytestmark = [
    pytest.mark.skipif(
        MAJOR != "3", reason="2.11's examples are of another time; its schedules are compared by themselves"
    ),
    pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} names no Python that has Prefect and the shims"),
]

# Examples whose schedules stand for nothing that Prefect has, each with what is told of it.
TOLD = {
    "asset_alias_example_alias_consumer": "AssetAlias",
    "asset_alias_example_alias_consumer_with_no_taskflow": "AssetAlias",
    "example_workday_timetable": "AfterWorkdayTimetable",
}
# Its DAGs wait for partitions of assets, which Prefect has none of.
PARTITIONED = "PartitionedAssetTimetable"


def _run(python: str, script: str, home: Path, *arguments: str) -> None:
    command = [python, str(HERE / script), str(home), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=800, check=False)
    assert done.returncode == 0, f"{script}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """What Airflow and Prefect found."""
    now = datetime.now(timezone.utc).isoformat()
    airflow, prefect = tmp_path_factory.mktemp("airflow"), tmp_path_factory.mktemp("prefect")
    _run(sys.executable, "deployments_airflow_side.py", airflow, now)
    found = json.loads((airflow / "airflow.json").read_text())
    _run(os.environ[VARIABLE], "deployments_prefect_side.py", prefect, now, *found["folders"])
    return found["dags"], json.loads((prefect / "prefect.json").read_text())


def _unscheduled(problems: list[dict[str, Any]]) -> dict[str, str]:
    """The DAGs whose schedules couldn't be written, and why."""
    return {
        each["name"]: each["message"] for each in problems if each["message"].startswith("`schedules` isn't written")
    }


def test_every_dag_that_airflow_loads_is_deployed(sides: tuple[dict[str, Any], dict[str, Any]]) -> None:
    dags, prefect = sides
    assert prefect["exit_code"] == 0, prefect["output"]
    assert len(dags) >= 109
    assert set(dags) - set(prefect["deployed"]) == set()
    assert set(prefect["deployed"]) == set(prefect["entries"])


def test_the_next_ten_runs_are_airflows(sides: tuple[dict[str, Any], dict[str, Any]]) -> None:
    dags, prefect = sides
    told = _unscheduled(prefect["problems"])
    compared = [dag_id for dag_id in dags if dag_id not in told]
    different = {
        dag_id: (dags[dag_id]["runs"], prefect["deployed"][dag_id]["runs"])
        for dag_id in compared
        if _moments(dags[dag_id]["runs"]) != _moments(prefect["deployed"][dag_id]["runs"])
    }
    assert different == {}
    assert len(compared) >= 95
    # Enough of them run at all.
    assert sum(len(dags[dag_id]["runs"]) == 10 for dag_id in compared) >= 30


def test_what_isnt_scheduled_is_told_and_nothing_else(sides: tuple[dict[str, Any], dict[str, Any]]) -> None:
    _, prefect = sides
    told = _unscheduled(prefect["problems"])
    assert {name: why for name, why in told.items() if PARTITIONED not in why}.keys() == TOLD.keys()
    assert [name for name, word in TOLD.items() if word not in told[name]] == []
    assert [name for name in told if prefect["deployed"][name]["runs"]] == []


def test_what_a_dag_says_of_itself_is_the_deployments(sides: tuple[dict[str, Any], dict[str, Any]]) -> None:
    dags, prefect = sides
    # Those that are told as left out: dates of the day, a secret, and what no function's parameter is called.
    left_out = {
        (each["name"], each["message"].partition("'")[2].partition("'")[0])
        for each in prefect["problems"]
        if each["message"].startswith("params[")
    }
    different = {}
    for dag_id, dag in dags.items():
        deployed = prefect["deployed"][dag_id]
        params = {name: value for name, value in dag["params"].items() if (dag_id, name) not in left_out}
        texts = [line.strip() for text in dag["description"] for line in text.splitlines()]
        if dag["tags"] != deployed["tags"] or params != deployed["params"]:
            different[dag_id] = (dag, deployed)
        if any(text not in deployed["description"] for text in texts):
            different[dag_id] = (texts, deployed["description"])
    assert different == {}
    assert len(left_out) == 4


def test_a_second_time_changes_nothing(sides: tuple[dict[str, Any], dict[str, Any]]) -> None:
    assert sides[1]["unchanged"]


def _moments(texts: list[str]) -> list[datetime]:
    return [datetime.fromisoformat(text) for text in texts]
