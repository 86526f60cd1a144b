"""The DAGs of `operator_cases`, against what real Airflow recorded: states, tries and XComs of all task instances."""

from __future__ import annotations

import json
import re
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dag_execution import Run
from operator_cases import CASES

from airflow_compat import operators
from airflow_compat.authoring import DAG, Asset, BaseOperator, Dataset, PokeReturnValue
from airflow_compat.authoring._current import collecting

RECORDED = json.loads((Path(__file__).parents[2] / "data" / "airflow_operators.json").read_text())


def names(release: str) -> Any:
    found = {name: getattr(operators, name) for name in operators.__all__}
    asset = Dataset if release == "2" else Asset
    return SimpleNamespace(
        **found, BaseOperator=BaseOperator, Asset=asset, PokeReturnValue=PokeReturnValue, python=sys.executable
    )


def dag_of(name: str, release: Any) -> DAG:
    start = datetime(2024, 1, 1, tzinfo=timezone.utc)
    with (
        collecting(release),
        DAG(
            name,
            schedule=None,
            start_date=start,
            params={"p": 1},
            default_args={"retry_delay": timedelta(0)},
            user_defined_macros={"triple": lambda number: 3 * number},
            user_defined_filters={"shout": str.upper},
        ) as dag,
    ):
        CASES[name](names(release))
    return dag


def shown(key: str, value: Any) -> str:
    if key == "skipmixin_key":
        value = {word: sorted(ids) for word, ids in value.items()}
    if isinstance(value, list) and "latest_no" in value:
        # It comes from a set of ids.
        value = sorted(value)
    if isinstance(value, list) and value and isinstance(value[0], Asset):
        return f"assets {[asset.uri for asset in value]}"
    return repr(value)


def recorded(key: str, text: str) -> str:
    if key == "skipmixin_key" or "latest_no" in text:
        return shown(key, eval(text))
    text = re.sub(r"'20\d\d-\d\d-\d\d'", "'2024-03-05'", text)
    if key.startswith("pipeline_"):
        return f"assets {[part.split('uri=')[1].split(',')[0] for part in eval(text)]}"
    return text


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("release", ["2", "3"])
def test_a_case_ends_as_in_airflow(name: str, release: str) -> None:
    run = Run(dag_of(name, release), release)
    found = {
        (key.task_id if key.map_index < 0 else f"{key.task_id}[{key.map_index}]"): {
            "state": state,
            "tries": run.instances[key].try_number if key in run.instances else 0,
            "xcoms": {word: shown(word, value) for word, value in run.instances[key].xcoms.items()}
            if key in run.instances
            else {},
        }
        for key, state in run.progress.states.items()
    }
    expected = {
        key: {**each, "xcoms": {word: recorded(word, text) for word, text in each["xcoms"].items()}}
        for key, each in RECORDED[release][name].items()
    }
    assert found == expected
