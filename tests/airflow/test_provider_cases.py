"""The recorded results of `provider_cases` are those of the Airflow of this environment."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from real_airflow import MAJOR

pytest.importorskip("airflow.providers.postgres")
pytest.importorskip("airflow.providers.sqlite")

HERE = Path(__file__).parent
RECORDED = json.loads((HERE.parent / "data" / "airflow_providers.json").read_text())


def test_the_recorded_results_are_those_of_airflow(tmp_path: Path) -> None:
    command = [sys.executable, str(HERE / "provider_cases_airflow_side.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    assert json.loads((tmp_path / "recorded.json").read_text()) == RECORDED[MAJOR]
