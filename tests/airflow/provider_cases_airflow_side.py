"""Runs the DAGs of `provider_cases` under the real Airflow of this environment.

`python provider_cases_airflow_side.py HOME` writes HOME/recorded.json: for each task the state, the tries, the XComs,
the rendered fields and the error; and the signatures of the classes. It is a process of its own, since Airflow reads
its settings once.
"""

from __future__ import annotations

import inspect
import json
import logging
import os
import sys
import warnings
from datetime import datetime, timedelta, timezone
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from operator_cases_airflow_side import result_of
from provider_cases import CASES, CLASSES, connections, http_server, replaced

MAJOR = version("apache-airflow").split(".")[0]
DAG_FILE = "from provider_cases_airflow_side import dag_of\n\ndag = dag_of({name!r})\n"
NOTES: dict[str, Any] = {}
REPLACED: dict[str, str] = {}


def names() -> Any:
    """Where the author's names are in this release."""
    found = {name: getattr(import_module(f"airflow.providers.{module}"), name) for name, module in CLASSES.items()}
    root = "airflow" if MAJOR == "2" else "airflow.providers.standard"
    found["PythonOperator"] = import_module(f"{root}.operators.python").PythonOperator
    found["EmptyOperator"] = import_module(f"{root}.operators.empty").EmptyOperator
    return SimpleNamespace(**found, folder=os.environ["AIRFLOW_HOME"])


def note(context: Any) -> None:
    """Note the rendered fields and the error of a task."""
    task, error = context["task"], context.get("exception")
    NOTES[task.task_id] = {
        "fields": {name: replaced(repr(getattr(task, name)), REPLACED) for name in task.template_fields},
        "error": None if error is None else f"{type(error).__name__}: {replaced(str(error), REPLACED)}",
    }


def dag_of(name: str) -> Any:
    """The DAG of a case, as an author would write it."""
    dag_class = import_module("airflow" if MAJOR == "2" else "airflow.sdk").DAG
    start = datetime(2024, 1, 1, tzinfo=timezone.utc)
    notes = {f"on_{event}_callback": note for event in ("success", "failure", "retry", "skipped")}
    with dag_class(
        name,
        schedule=None,
        start_date=start,
        params={"shop": "eu"},
        default_args={"retry_delay": timedelta(0), "start_date": start, **notes},
        template_searchpath=os.environ["AIRFLOW_HOME"],
    ) as dag:
        CASES[name](names())
    return dag


def signatures() -> dict[str, Any]:
    """The parameters and template fields of each class."""
    found = {}
    for name, kind in vars(names()).items():
        if name in CLASSES:
            parameters = [each for each in inspect.signature(kind.__init__).parameters if each != "self"]
            found[name] = {"parameters": parameters, "fields": list(getattr(kind, "template_fields", ()))}
    return found


def _record(home: Path) -> None:
    (home / "dags").mkdir(exist_ok=True)
    import_module("airflow.utils.db").initdb()
    logging.disable(logging.CRITICAL)
    recorded: dict[str, Any] = {"signatures": signatures(), "cases": {}}
    day = datetime(2024, 3, 5, tzinfo=timezone.utc)
    for name in sys.argv[2:] or CASES:
        NOTES.clear()
        (home / "dags" / "case.py").write_text(DAG_FILE.format(name=name))
        results = result_of(dag_of(name).test(**{"execution_date" if MAJOR == "2" else "logical_date": day}))
        for task_id, result in results.items():
            result["xcoms"] = {key: replaced(text, REPLACED) for key, text in result["xcoms"].items()}
            result.update(NOTES.get(task_id, {"fields": {}, "error": None}))
        recorded["cases"][name] = results
        print(name, file=sys.stderr)
    (home / "recorded.json").write_text(json.dumps(recorded, indent=1))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.modules["provider_cases_airflow_side"] = sys.modules["__main__"]
    HOME = Path(sys.argv[1]).resolve()
    os.environ.update(
        AIRFLOW_HOME=str(HOME), AIRFLOW__CORE__LOAD_EXAMPLES="False", AIRFLOW__CORE__DAGS_FOLDER=str(HOME / "dags")
    )
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    with http_server() as address:
        REPLACED.update({address: "HTTP", str(HOME): "HOME"})
        for conn_id, fields in connections(HOME, address).items():
            os.environ[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(fields)
        _record(HOME)
