"""Functions that want to be given the context, under real Airflow and under the shims: what each of them gets.

`nox -s airflow` makes an environment with Prefect beside Airflow's, and names its Python in the environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from context_functions import CASES
from real_airflow import MAJOR

VARIABLE = "AIRFLOW_COMPAT_PREFECT_PYTHON"
HERE = Path(__file__).parent

pytestmark = [
    pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} names no Python that has Prefect and the shims"),
]

# By case: why it differs, and what Airflow and the shims give.
DIFFERS: dict[str, tuple[str, list[Any], list[Any]]] = {
    "names_given_none": (
        "Prefect fills in defaults before anybody sees whether they were given, so that None is as good as nothing.",
        [["NoneType", 0, "names_given_none", {}, "planes"]],
        [["str", 10, "names_given_none", {}, "planes"]],
    ),
    "names_by_position": (
        "Prefect makes no difference between positions and names.",
        ["failed"],
        [["str", 4, "names_by_position", {}, "planes"]],
    ),
    "order_without": (
        "What is missing is told when the task runs, not when the flow calls it.",
        ["refused", "ValueError" if MAJOR == "2" else "TypeError"],
        ["failed"],
    ),
}
if MAJOR == "2":
    DIFFERS["order"] = (
        "Airflow 2 takes no parameter without a default after one that it fills in; 3 and the shims do.",
        ["refused", "ValueError"],
        [[10, "ships"]],
    )


@pytest.fixture(scope="module")
def airflow_notes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    return _notes_of(sys.executable, "context_functions_airflow_side.py", tmp_path_factory.mktemp("airflow"))


@pytest.fixture(scope="module")
def shims_notes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    home = tmp_path_factory.mktemp("shims")
    return _notes_of(os.environ[VARIABLE], "context_functions_prefect_side.py", home, MAJOR)


def _notes_of(python: str, script: str, home: Path, *arguments: str) -> dict[str, list[Any]]:
    command = [python, str(HERE / script), str(home), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, f"{script}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return json.loads((home / "notes.json").read_text())  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_functions_are_given_the_same(
    name: str, airflow_notes: dict[str, list[Any]], shims_notes: dict[str, list[Any]]
) -> None:
    assert airflow_notes[name], "nothing was noted under Airflow"
    _, theirs, ours = DIFFERS.get(name, ("", airflow_notes[name], airflow_notes[name]))
    assert airflow_notes[name] == theirs
    assert shims_notes[name] == ours
