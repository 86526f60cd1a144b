"""Random DAGs that real Airflow ran, decided again: final states, tries, map indexes and the state of the run.

`data/random_dags_2.jsonl` and `data/random_dags_3.jsonl` have what `dag.test()` of 2.11.0 and 3.3.2 made of 300 DAGs
each, by seed, as `tests/airflow/random_dags_airflow_side.py` writes it. `nox -s airflow` compares others.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from random_dag_runs import RandomRun
from random_dags import checksum, spec_of

from airflow_compat._airflow.version import AirflowVersion

DATA = Path(__file__).parents[2] / "data"
# Where ours differ, and why.
DIFFERENT: dict[AirflowVersion, dict[int, str]] = {
    "2": {58: "A short circuit of 2.x skips a task that has succeeded: apache/airflow#59378, fixed in 3.x."},
    "3": {},
}


def recorded(release: AirflowVersion) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / f"random_dags_{release}.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("release", ["2", "3"])
def test_300_are_recorded_with_the_specs_that_their_seeds_make(release: AirflowVersion) -> None:
    records = recorded(release)

    assert len({record["seed"] for record in records}) == 300
    assert [record["spec"] for record in records] == [checksum(spec_of(record["seed"], release)) for record in records]


@pytest.mark.parametrize("release", ["2", "3"])
def test_they_end_as_in_airflow(release: AirflowVersion) -> None:
    different = {}
    for record in recorded(release):
        result = RandomRun(spec_of(record["seed"], release), release).result()
        if result != {"run": record["run"], "tasks": record["tasks"]}:
            different[record["seed"]] = result, record

    assert different.keys() == DIFFERENT[release].keys()


def check_restarts(seeds: range, release: AirflowVersion) -> None:
    for seed in seeds:
        spec = spec_of(seed, release)
        without = RandomRun(spec, release).states_one_by_one(random.Random(seed))
        restart_after = seed % max(1, sum(state in {"success", "failed"} for state in without.values()))
        with_restart = RandomRun(spec, release).states_one_by_one(random.Random(seed), restart_after=restart_after)
        assert with_restart == without, f"seed {seed}"


@pytest.mark.parametrize("release", ["2", "3"])
def test_a_restart_changes_nothing(release: AirflowVersion) -> None:
    check_restarts(range(150), release)


@pytest.mark.stress
@pytest.mark.parametrize("release", ["2", "3"])
def test_a_restart_changes_nothing_in_5000(release: AirflowVersion) -> None:
    check_restarts(range(1_000, 6_000), release)
