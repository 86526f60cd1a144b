"""Runs the DAGs of `hosted_files` under this environment's Airflow: `python hosted_files_airflow_side.py HOME`.

Writes HOME/airflow.json. It is a process of its own, since Airflow reads its settings once.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from hosted_objects import FILES, environment_of_files, events


def _record(home: Path) -> None:
    from operator_cases_airflow_side import result_of

    import_module("airflow.utils.db").initdb()
    logging.disable(logging.CRITICAL)
    found: dict[str, Any] = {}
    for file in sorted((home / "dags").glob("*.py")):
        run = import_module(file.stem)
        dag = getattr(run, "dag", None) or vars(run)[file.stem]
        found[file.stem] = result_of(dag.test())
    found = {"runs": found, "events": events(home / "events"), "rendered": _rendered()}
    (home / "airflow.json").write_text(json.dumps(found))


def _rendered() -> dict[str, Any]:
    """The rendered fields of all task instances, by DAG."""
    model = import_module("airflow.models.renderedtifields").RenderedTaskInstanceFields
    found: dict[str, Any] = {}
    with import_module("airflow.utils.session").create_session() as session:
        for row in session.query(model):
            name = row.task_id if row.map_index < 0 else f"{row.task_id}[{row.map_index}]"
            found.setdefault(row.dag_id, {})[name] = row.rendered_fields
    return found


if __name__ == "__main__":
    HOME = Path(sys.argv[1]).resolve()
    shutil.copytree(FILES / "dags", HOME / "dags")
    os.environ.update(
        environment_of_files(HOME),
        AIRFLOW_HOME=str(HOME),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__DAGS_FOLDER=str(HOME / "dags"),
        AIRFLOW_VAR_TARGET="dev",
    )
    sys.path[:0] = [str(HOME / "dags"), str(FILES / "host_only"), str(Path(__file__).parents[1])]
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path[:2])
    _record(HOME)
