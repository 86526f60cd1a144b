"""Loads and runs DAG files that need Airflow to be loaded: `python hosted_files_prefect_side.py HOME PYTHON RELEASE`.

Writes HOME/prefect.json: the runs of `hosted_files`, and the example DAGs whose graph differs if the host sends it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from hosted_objects import FILES, environment_of_files, events
from prefect.settings import (
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_LOCAL_STORAGE_PATH,
    PREFECT_LOGGING_TO_API_ENABLED,
    temporary_settings,
)
from prefect.testing.utilities import prefect_test_harness

from airflow_compat import dags
from airflow_compat.dags._graph_of_dag import graph_of
from airflow_compat.dags._hosted.files import load_in_host
from airflow_compat.dags._hosted.services import RunServices
from airflow_compat.dags._loading import load_file
from airflow_compat.dags._schedule import schedule_of
from airflow_compat.errors import AirflowCompatError
from airflow_compat.hosting import AirflowHost

KINDS = "assets complex datasets dynamic labels params_ui setup_ task_group timetable xcomargs".split()


def run_all(home: Path, host: AirflowHost, release: Any) -> dict[str, Any]:
    """Run the DAGs of `hosted_files`, and return what became of their tasks."""
    found: dict[str, Any] = {}
    for dag_id, flow in dags.load_flows(home / "dags", airflow_version=release, host=host).items():
        # Its native tasks run in child processes, beside those of the host.
        isolation: Any = "process" if dag_id == "both_places" else "thread"
        result = dags.test(f"{flow.dag.fileloc}:{dag_id}", airflow_version=release, host=host, isolation=isolation)
        instances: dict[str, Any] = {
            each.name: {"state": each.state, "tries": each.try_number, "xcoms": {}} for each in result.task_instances
        }
        for (task_id, index, key), value in result.xcoms.items():
            instances[task_id if index < 0 else f"{task_id}[{index}]"]["xcoms"][key] = repr(value)
        found[dag_id] = instances
    return found


def keep_rendered() -> dict[str, Any]:
    """Keep the rendered fields that hosts send, by DAG and task instance."""
    found: dict[str, Any] = {}
    rendered = RunServices.rendered

    def keep(services: RunServices, fields: Any) -> None:
        rendered(services, fields)
        task_id, index = services.key
        name = task_id if index < 0 else f"{task_id}[{index}]"
        found.setdefault(services.run.dag.dag_id, {})[name] = services.fields

    RunServices.rendered = keep  # type: ignore[method-assign]
    return found


def compared_graphs(folder: Path, host: AirflowHost, release: Any) -> dict[str, bool]:
    """Compare the graphs and schedules of example DAGs with those that the host sends."""
    found = {}
    for file in sorted(file for kind in KINDS for file in folder.glob(f"example_*{kind}*.py")):
        loaded = load_file(file, airflow_version=release, dag_folder=folder)
        hosted, _ = load_in_host(replace(loaded.source, host=host))
        for dag_id, dag in loaded.dags.items():
            other = hosted.get(dag_id)
            is_same = other is not None and graph_of(other) == graph_of(dag) and _schedule(other) == _schedule(dag)
            found[dag_id] = is_same and other.params.dump() == dag.params.dump()
    return found


def _schedule(dag: Any) -> Any:
    try:
        # Equal assets have classes of their own.
        return repr(schedule_of(dag))
    except AirflowCompatError as error:
        return type(error).__name__


def main(home: Path, python: str, release: str, examples: str) -> None:
    """Write what happened."""
    host = AirflowHost(python, env={**environment_of_files(home), "AIRFLOW_HOME": str(home / "host")})
    shutil.copytree(FILES / "dags", home / "dags", dirs_exist_ok=True)
    rendered = keep_rendered()
    runs = run_all(home, host, release)
    noted = [str(each) for each in dags.check(home / "dags", airflow_version=release, host=host, server=False)]
    graphs = compared_graphs(Path(examples), host, release)
    found = {"runs": runs, "events": events(home / "events"), "noted": noted, "graphs": graphs, "rendered": rendered}
    (home / "prefect.json").write_text(json.dumps(found))


if __name__ == "__main__":
    HOME = Path(sys.argv[1]).resolve()
    os.environ["AIRFLOW_VAR_TARGET"] = "dev"
    with (
        temporary_settings(
            {
                PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
                PREFECT_LOCAL_STORAGE_PATH: str(HOME / "results"),
                PREFECT_LOGGING_TO_API_ENABLED: False,
            }
        ),
        prefect_test_harness(server_startup_timeout=240),
    ):
        main(HOME, *sys.argv[2:])
