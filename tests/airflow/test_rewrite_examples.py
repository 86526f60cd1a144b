"""Airflow's example DAGs, rewritten: what holds for each rewritten file, and the graphs of their DAGs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from loaded_graphs import loaded_graphs
from porting_invariants import check_rewrite
from real_airflow import MAJOR, load

VARIABLE = "AIRFLOW_COMPAT_PREFECT_PYTHON"
TOP = Path(load("airflow").__file__).parent
FILES = sorted(path for folder in TOP.rglob("example_dags") for path in folder.rglob("*.py"))


def test_there_are_examples() -> None:
    assert len(FILES) > 40


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TOP)))
def test_a_second_rewrite_changes_nothing_and_what_is_left_has_a_reason(path: Path) -> None:
    data = path.read_bytes()
    for unsafe in (True, False):
        check_rewrite(str(path), data, unsafe=unsafe)


@pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} names no Python with Prefect and the shims")
def test_rewritten_examples_have_the_same_graphs(tmp_path: Path) -> None:
    python = os.environ[VARIABLE]
    files = {}
    for number, folder in enumerate(TOP.rglob("example_dags")):
        copy = tmp_path / str(number) / "example_dags"
        shutil.copytree(folder, copy)
        files |= dict.fromkeys(sorted(copy.rglob("*.py")), MAJOR)
    loaded = {path: graphs for path, graphs in loaded_graphs(files, python=python).items() if graphs}
    for path in files:
        path.write_bytes(check_rewrite(str(path), path.read_bytes()).after)
    assert loaded_graphs(dict.fromkeys(loaded, MAJOR), python=python) == loaded
    # The others are modules that examples import, or need a package that is not installed.
    assert len(loaded) > 40
