"""Runs the functions under the real Airflow of this environment: `python context_functions_airflow_side.py HOME`.

HOME/notes.json has what each was given, or the exception that Airflow raised for it.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timedelta, timezone
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from context_functions import CASES, Case

MAJOR = version("apache-airflow").split(".")[0]
# Airflow 3 runs only what it finds in a file of its folder.
DAG_FILE = "from context_functions_airflow_side import dags\n\nglobals().update(dags())\n"


def dag_of(case: Case, notes: list[Any]) -> Any:
    """A DAG with this one task."""
    sdk = import_module("airflow.decorators" if MAJOR == "2" else "airflow.sdk")
    dag_class = import_module("airflow" if MAJOR == "2" else "airflow.sdk").DAG
    with dag_class(f"dag_{case.name}", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc)) as dag:
        function = case.make(lambda *given: notes.append(given))
        made = sdk.task(task_id=case.name, retry_delay=timedelta(0), **case.arguments)(function)
        if case.elements:
            made.expand(rows=list(case.elements))
        else:
            made(*case.args, **case.kwargs)
    return dag


def dags() -> dict[str, Any]:
    """Those that Airflow takes, by name."""
    found = {}
    for case in CASES:
        try:
            found[case.name] = dag_of(case, [])
        except (TypeError, ValueError):
            continue
    return found


def _outcome(case: Case) -> list[Any]:
    notes: list[Any] = []
    try:
        dag = dag_of(case, notes)
    except (TypeError, ValueError) as exc:
        return ["refused", type(exc).__name__]
    dag.test()
    # A function that could not be called has noted nothing.
    return sorted(notes) or ["failed"]


if __name__ == "__main__":
    HOME = Path(sys.argv[1]).resolve()
    os.environ.update(
        AIRFLOW_HOME=str(HOME), AIRFLOW__CORE__LOAD_EXAMPLES="False", AIRFLOW__CORE__DAGS_FOLDER=str(HOME / "dags")
    )
    (HOME / "dags").mkdir()
    (HOME / "dags" / "functions.py").write_text(DAG_FILE)
    import_module("airflow.utils.db").initdb()
    (HOME / "notes.json").write_text(json.dumps({case.name: _outcome(case) for case in CASES}))
