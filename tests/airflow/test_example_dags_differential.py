"""Airflow's own example DAGs under `dag.test()` and `dags.test`: do they end alike?

States, tries, map indexes, XComs and the state of the run are compared. `tests/data/example_dags.json` lists the
examples that are left out and those that are known to differ, with reasons.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from example_dags import REWRITTEN
from example_dags_airflow_side import folders
from real_airflow import MAJOR, VERSION

VARIABLE = "AIRFLOW_COMPAT_PREFECT_PYTHON"
HERE = Path(__file__).parent
LISTS = json.loads((HERE.parent / "data" / "example_dags.json").read_text())[MAJOR]

# Both sides run within the first test.
pytestmark = [
    pytest.mark.timeout(1200),
    pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} names no Python with Prefect and the shims"),
]

Side = dict[str, Any]


def _start(python: str, script: str, home: Path, *arguments: object) -> subprocess.Popen[str]:
    command = ["nice", "-n", "10", python, str(HERE / script), str(home), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _both_sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[Side, Side]:
    """What Airflow and Prefect did with each example, at the same time."""
    homes = [tmp_path_factory.mktemp(name) for name in ("airflow", "prefect")]
    processes = [
        _start(sys.executable, "example_dags_airflow_side.py", homes[0]),
        _start(os.environ[VARIABLE], "example_dags_prefect_side.py", homes[1], MAJOR, *folders()),
    ]
    outputs = [process.communicate()[0] for process in processes]
    for process, output in zip(processes, outputs, strict=True):
        assert process.returncode == 0, f"{process.args}:\n{output[-5000:]}"
    airflow, prefect = (json.loads((home / "found.json").read_text()) for home in homes)
    return airflow, prefect


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[Side, Side]:
    return _both_sides(tmp_path_factory)


def _compared(airflow: Side) -> list[str]:
    return [dag_id for dag_id, found in airflow.items() if "value" in found and dag_id not in LISTS["excluded"]]


def _different(airflow: Side, prefect: Side) -> Side:
    return {
        dag_id: {"airflow": airflow[dag_id]["value"], "prefect": prefect.get(dag_id)}
        for dag_id in _compared(airflow)
        if prefect.get(dag_id, {}).get("value") != airflow[dag_id]["value"]
    }


def test_every_example_that_is_not_excluded_ends_under_airflow(sides: tuple[Side, Side]) -> None:
    airflow, _ = sides
    endless = {dag_id: found for dag_id, found in airflow.items() if "value" not in found}
    assert endless.keys() - LISTS["excluded"].keys() == set()
    assert LISTS["excluded"].keys() - airflow.keys() == set()
    assert len(_compared(airflow)) >= LISTS["compared"]


def test_examples_end_as_in_airflow(sides: tuple[Side, Side], capsys: pytest.CaptureFixture[str]) -> None:
    airflow, prefect = sides
    compared, different = _compared(airflow), _different(airflow, prefect)
    with capsys.disabled():
        equal = len(compared) - len(different)
        print(f"{equal} of {len(compared)} example DAGs end as in Airflow {VERSION}.")
    unknown = {dag_id: both for dag_id, both in different.items() if dag_id not in LISTS["different"]}
    assert unknown == {}
    # A difference that has gone must leave the list.
    assert LISTS["different"].keys() - different.keys() == set()


@pytest.mark.stress
def test_rewritten_examples_end_as_in_airflow(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(REWRITTEN, "1")
    airflow, prefect = _both_sides(tmp_path_factory)
    compared, different = _compared(airflow), _different(airflow, prefect)
    with capsys.disabled():
        equal = len(compared) - len(different)
        print(f"{equal} of {len(compared)} rewritten example DAGs end as in Airflow {VERSION}.")
    assert {dag_id: both for dag_id, both in different.items() if dag_id not in LISTS["different"]} == {}
    assert len(compared) >= LISTS["compared"]


def test_at_least_95_of_100_examples_are_equal() -> None:
    assert len(LISTS["different"]) <= 0.05 * LISTS["compared"]
