"""Runs Airflow's example DAGs: `python example_dags_prefect_side.py HOME RELEASE FOLDERS` writes HOME/found.json.

A process of its own, since Prefect has an environment of its own.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

from example_dags import DATE, REWRITTEN, copy_example, examples_of, isolate, plain, run_each, run_shards, wanted
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_CLIENT_MAX_RETRIES,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_LOCAL_STORAGE_PATH,
    PREFECT_LOGGING_TO_API_ENABLED,
    temporary_settings,
)
from prefect.testing.utilities import prefect_test_harness

from airflow_compat import dags, porting

DATA = Path(__file__).parents[1] / "data" / "example_dags.json"
SECONDS = 400
"""A run that takes longer differs: it is twice the time that Airflow has."""


def _run(dag_id: str, path: Path, folders: list[Path], release: Any, home: Path) -> dict[str, Any]:
    isolate(home)
    copied = copy_example(path, folders, home)
    # Examples that import others by their package run where they are.
    if "airflow.example_dags" not in copied.read_text():
        path = copied
        if REWRITTEN in os.environ:
            porting.rewrite([path.parent]).write(force=True)
    result = dags.test(f"{path}:{dag_id}", logical_date=DATE, airflow_version=release)
    return {
        "run": result.state,
        "instances": {
            f"{each.task_id}[{each.map_index}]": {"state": each.state, "tries": each.try_number}
            for each in result.task_instances
        },
        "xcoms": {f"{task_id}[{index}] {key}": plain(value) for (task_id, index, key), value in result.xcoms.items()},
    }


def _run_shard(folders: list[Path], release: Any, home: Path, shard: int) -> None:
    """Run a part of the examples with a server of its own, since runs read the asset events of runs before them."""
    excluded = json.loads(DATA.read_text())[release]["excluded"]
    files = {
        dag_id: path
        for path in examples_of(folders, shard)
        for dag_id in dags.load_flows(path, airflow_version=release)
    }
    settings = {
        # On a machine with load, a server with SQLite may be busy for more than a minute.
        PREFECT_CLIENT_MAX_RETRIES: 15,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        PREFECT_LOCAL_STORAGE_PATH: str(home / "results"),
        PREFECT_LOGGING_TO_API_ENABLED: False,
    }
    with temporary_settings(settings), prefect_test_harness(server_startup_timeout=240):
        os.environ["PREFECT_API_URL"] = str(PREFECT_API_URL.value())
        found = run_each(
            wanted(files, excluded),
            lambda dag_id: _run(dag_id, files[dag_id], folders, release, home),
            seconds=SECONDS,
            scratch=home / "runs.jsonl",
        )
    (home / "found.json").write_text(json.dumps({dag_id: found.get(dag_id, {}) for dag_id in files}))


if __name__ == "__main__":
    HOME = Path(sys.argv[1]).resolve()
    logging.disable(logging.CRITICAL)
    found = run_shards(HOME, partial(_run_shard, list(map(Path, sys.argv[3:])), sys.argv[2]))
    (HOME / "found.json").write_text(json.dumps(found, indent=1))
