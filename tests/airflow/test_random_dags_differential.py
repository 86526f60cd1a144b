"""Random DAGs under this environment's Airflow and through `Progress`: seeds that no record has.

`AIRFLOW_COMPAT_RANDOM_DAGS` sets how many; a record of 300 was made with it, see `tests/data/random_dags.json`.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from random_dag_runs import RandomRun
from random_dags import spec_of
from real_airflow import MAJOR

if TYPE_CHECKING:
    from airflow_compat._airflow.version import AirflowVersion

HERE = Path(__file__).parent
NUMBER = int(os.environ.get("AIRFLOW_COMPAT_RANDOM_DAGS", "10"))
RELEASE: AirflowVersion = "2" if MAJOR == "2" else "3"


@pytest.mark.timeout(60 + 60 * NUMBER)
def test_random_dags_end_as_in_airflow(tmp_path: Path) -> None:
    # Beyond those that are recorded, and others each time.
    seeds = random.SystemRandom().sample(range(1_000, 1_000_000), NUMBER)
    script = HERE / "random_dags_airflow_side.py"
    path = os.pathsep.join([str(HERE.parent), str(HERE)])
    subprocess.run(
        [sys.executable, str(script), str(tmp_path), *map(str, seeds)],
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        capture_output=True,
    )

    for line in (tmp_path / "recorded.jsonl").read_text().splitlines():
        record = json.loads(line)
        result = RandomRun(spec_of(record["seed"], RELEASE), RELEASE).result()
        assert result == {"run": record["run"], "tasks": record["tasks"]}, f"seed {record['seed']}"
