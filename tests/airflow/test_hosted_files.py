"""DAG files that only Airflow can load run as `dag.test()` of the same Airflow runs them."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hosted_objects import FILES
from real_airflow import MAJOR
from test_hosting import VARIABLE, run

pytestmark = pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} names no Python with Prefect")


_EXAMPLES = str(Path(import_module("airflow").__path__[0], "example_dags"))


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """What happened with a host, and in Airflow."""
    found = []
    for side, python, arguments in (
        ("prefect", os.environ[VARIABLE], (sys.executable, MAJOR, _EXAMPLES)),
        ("airflow", sys.executable, ()),
    ):
        home = tmp_path_factory.mktemp(side)
        run(python, f"hosted_files_{side}_side.py", str(home), *arguments)
        found.append(json.loads((home / f"{side}.json").read_text()))
    return found[0], found[1]


def test_files_that_need_airflow_run_as_in_airflow(sides: tuple[dict[str, Any], dict[str, Any]]) -> None:
    prefect, airflow = sides

    assert set(airflow["runs"]) == {file.stem for file in (FILES / "dags").glob("*.py")}
    # Aliases of datasets, which Airflow 2 alone can read.
    for side in (prefect, airflow):
        assert "pipeline_outlets" in side["runs"]["from_dbt"]["orders_run"]["xcoms"] or MAJOR == "3"
        side["runs"]["from_dbt"]["orders_run"]["xcoms"].pop("pipeline_outlets", None)
    assert prefect["runs"] == airflow["runs"]
    assert prefect["events"] == airflow["events"]


def test_rendered_fields_are_those_of_airflow(sides: tuple[dict[str, Any], dict[str, Any]]) -> None:
    prefect, airflow = (side["rendered"] for side in sides)

    for dag_id, instances in prefect.items():
        assert instances == {name: airflow[dag_id][name] for name in instances}
    assert prefect["both_places"]["last"] == {"number": "6"}
    assert set(prefect) == set(airflow)


def test_the_check_says_that_the_host_loads_them(sides: tuple[dict[str, Any], dict[str, Any]]) -> None:
    noted = "\n".join(sides[0]["noted"])
    places = "native: numbers, doubled; hosted: add, last"
    assert f"both_places.py: host: tasks of DAG 'both_places': {places}" in noted

    for name, module in (("from_package", "acme_pipelines"), ("from_dbt", "cosmos"), ("from_yaml", "dagfactory")):
        assert find_spec(module) is not None or name == "from_package"
        assert f"{name}.py: host: the Airflow host {sys.executable} loads the file, which can't be loaded" in noted
        assert f"ModuleNotFoundError: No module named '{module}')" in noted
    assert "tasks of DAG 'from_yaml': hosted: extract, load, report" in noted


def test_the_host_sends_the_graphs_of_example_dags(sides: tuple[dict[str, Any], dict[str, Any]]) -> None:
    graphs = sides[0]["graphs"]

    assert len(graphs) > 15
    assert [dag_id for dag_id, is_same in graphs.items() if not is_same] == []
