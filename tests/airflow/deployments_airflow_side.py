"""The examples of Airflow and their runs: `python deployments_airflow_side.py HOME NOW` writes HOME/airflow.json.

A process of its own, since Airflow reads its settings once.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

RUNS = 10
# Timetables of the examples' own, which only a plugin would make known.
OWN = ("AfterWorkdayTimetable",)


def example_folders() -> list[Path]:
    """Where the examples of Airflow and of its providers lie."""
    top = Path(import_module("airflow").__file__ or "").parent
    return sorted(path for path in top.rglob("example_dags") if path.is_dir())


def _runs(timetable: Any, dag: Any, now: datetime) -> list[str]:
    """The next runs after a moment, of a DAG that has run until then."""
    base = import_module("airflow.timetables.base")
    found: list[str] = []
    restriction = base.TimeRestriction(dag.start_date, dag.end_date, catchup=True)
    # Deltas are stepped from the start date on, where their moments come from; without that, from now on.
    is_delta = "Delta" in type(timetable).__name__
    first = base.TimeRestriction(dag.start_date, dag.end_date, catchup=is_delta)
    info = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=first)
    while info is not None and len(found) < RUNS:
        if info.run_after > now:
            found.append(info.run_after.isoformat())
        info = timetable.next_dagrun_info(last_automated_data_interval=info.data_interval, restriction=restriction)
    return found


def _dags(now: datetime) -> dict[str, Any]:
    import_module("airflow.utils.db").initdb()
    dag_bag = import_module("airflow.dag_processing.dagbag").DagBag
    encode = import_module("airflow.serialization.encoders").encode_timetable
    decode = import_module("airflow.serialization.decoders").decode_timetable
    found: dict[str, Any] = {}
    for folder in example_folders():
        for path in sorted(folder.rglob("*.py")):
            for dag in dag_bag(dag_folder=str(path)).dags.values():
                timetable = dag.timetable
                # A DAG that is written has the SDK's timetables, and the scheduler its own.
                runs = _runs(decode(encode(timetable)), dag, now) if type(timetable).__name__ not in OWN else []
                params = {name: dag.params.get_param(name) for name in dag.params}
                found[dag.dag_id] = {
                    "runs": runs,
                    "tags": sorted(dag.tags),
                    "params": {name: param.value for name, param in params.items() if param.has_value},
                    "description": [each for each in (dag.description, dag.doc_md) if each],
                }
    return found


if __name__ == "__main__":
    HOME = Path(sys.argv[1]).resolve()
    (HOME / "dags").mkdir()
    os.environ.update(
        AIRFLOW_HOME=str(HOME), AIRFLOW__CORE__LOAD_EXAMPLES="False", AIRFLOW__CORE__DAGS_FOLDER=str(HOME / "dags")
    )
    NOW = datetime.fromisoformat(sys.argv[2])
    FOUND = {"folders": [str(path) for path in example_folders()], "dags": _dags(NOW)}
    (HOME / "airflow.json").write_text(json.dumps(FOUND, default=str))
