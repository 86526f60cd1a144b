"""Take the project of the tutorial through all steps, in a copy of its folder."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import tally
from test_snippets import Blocks, _as_a_reader  # noqa: F401 - a fixture

PAGE = tally.ROOT / "docs" / "tutorial" / "step-by-step.md"
PROJECT = tally.ROOT / "docs" / "examples" / "shop"


@pytest.mark.usefixtures("_as_a_reader")
def test_the_project_moves(tmp_path: Path) -> None:
    shutil.copytree(PROJECT, tmp_path, dirs_exist_ok=True)
    Blocks().run(PAGE)
    texts = {path.name: path.read_text() for path in [*tmp_path.glob("dags/*.py"), *tmp_path.glob("*/**/[a-z]*.py")]}
    left = [name for name, text in texts.items() if re.search(r"^ *(from|import) airflow\b(?!_)", text, re.MULTILINE)]
    assert left == ["cleanup.py"]
    assert len(list(tmp_path.glob("dags/*.py"))) >= 10
