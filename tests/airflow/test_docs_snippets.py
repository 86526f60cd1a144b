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
    "AIRFLOW_VAR_SHOP_API_KEY": "open-sesame",
    "AIRFLOW_VAR_SLACK_TOKEN": "xoxb-example",
}


# What is not installed for these tests.
ABSENT = ("airflow.providers.amazon", "airflow.providers.docker", "kubernetes.client")


def found() -> dict[str, list[str]]:
    """The blocks of each page; of those with `airflow.sdk`, which Airflow 2 has not, in Airflow 3 alone."""
    blocks = {}
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        sources = [textwrap.dedent(match["source"]) for match in BLOCK.finditer(page.read_text())]
        installed = [source for source in sources if not any(name in source for name in ABSENT)]
        if installed and (MAJOR != "2" or not any("airflow.sdk" in source for source in installed)):
            blocks[str(page.relative_to(ROOT))] = installed
    return blocks


BLOCKS = found()


@pytest.mark.parametrize("page", BLOCKS)
def test_airflow_runs_them(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEPT.items():
        monkeypatch.setenv(name, value)
    # A page's blocks follow from one another.
    namespace = {"__name__": "dag"}
    with warnings.catch_warnings():
        # Airflow 3 warns of each name that Airflow 2 had in another place; both are shown.
        warnings.simplefilter("ignore")
        for source in BLOCKS[page]:
            exec(compile(source, page, "exec"), namespace)


def test_blocks_are_found() -> None:
    """An empty selection must not pass."""
    assert sum(map(len, BLOCKS.values())) >= (15 if MAJOR == "2" else 40)
