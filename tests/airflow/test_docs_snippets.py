"""The code before the port that the pages show, run by a real Airflow: a DAG that it refuses would teach nothing."""

from __future__ import annotations

import re
import textwrap
import warnings
from pathlib import Path

import pytest
from real_airflow import MAJOR

ROOT = Path(__file__).parents[2]
FENCE = r'^(?P<indent> *)```python title="Airflow"\n(?P<source>.*?)^(?P=indent)```$'
BLOCK = re.compile(FENCE, re.MULTILINE | re.DOTALL)

# What pages ask for outside of tasks, as Airflow's own environment variables.
KEPT = {
    "AIRFLOW_CONN_SHOP_DB": "postgres://etl:open-sesame@db.example.com/shop",
    "AIRFLOW_VAR_TARGET": "warehouse",
    "AIRFLOW_VAR_LIMITS": '{"rows": 1}',
    "AIRFLOW_VAR_SLACK_TOKEN": "xoxb-example",
}


def found() -> dict[str, str]:
    """The blocks, by their page and line."""
    blocks = {}
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = page.read_text()
        for match in BLOCK.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            blocks[f"{page.relative_to(ROOT)}:{line}"] = textwrap.dedent(match["source"])
    return blocks


BLOCKS = found()
# Airflow 2 has no `airflow.sdk`.
OF_THIS_VERSION = [place for place, source in BLOCKS.items() if MAJOR != "2" or "airflow.sdk" not in source]


@pytest.mark.parametrize("place", OF_THIS_VERSION)
def test_airflow_runs_it(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEPT.items():
        monkeypatch.setenv(name, value)
    with warnings.catch_warnings():
        # Airflow 3 warns of each name that Airflow 2 had in another place; both are shown.
        warnings.simplefilter("ignore")
        exec(compile(BLOCKS[place], place, "exec"), {"__name__": "dag"})


def test_blocks_are_found() -> None:
    """An empty selection must not pass."""
    assert len(BLOCKS) >= 30
    assert len(OF_THIS_VERSION) >= (20 if MAJOR == "2" else 30)
