"""Runs the DAGs of `operator_cases` under the real Airflow of this environment.

`python operator_cases_airflow_side.py HOME` writes HOME/recorded.json: for each task instance the state, the tries and
the XComs. It is a process of its own, since Airflow reads its settings once.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import datetime, timedelta, timezone
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from operator_cases import CASES

MAJOR = version("apache-airflow").split(".")[0]
DAG_FILE = "from operator_cases_airflow_side import dag_of\n\ndag = dag_of({name!r})\n"

_OPERATORS = {"python": "Python BranchPython ShortCircuit ExternalPython", "bash": "Bash", "empty": "Empty",
              "datetime": "BranchDateTime", "weekday": "BranchDayOfWeek", "latest_only": "LatestOnly"}  # fmt: skip
_SENSORS = {"python": "Python", "bash": "Bash", "date_time": "DateTime", "time_delta": "TimeDelta", "time": "Time"}


def names() -> Any:
    """Where the author's names are in this release."""
    found: dict[str, Any] = {"python": sys.executable}
    two = MAJOR == "2"
    root = "airflow" if two else "airflow.providers.standard"
    for module, kinds in _OPERATORS.items():
        for kind in kinds.split():
            found[f"{kind}Operator"] = getattr(import_module(f"{root}.operators.{module}"), f"{kind}Operator")
    for module, kind in _SENSORS.items():
        name = "time_sensor" if two and module == "time" else module
        found[f"{kind}Sensor"] = getattr(import_module(f"{root}.sensors.{name}"), f"{kind}Sensor")
    found["task"] = import_module("airflow.decorators" if two else "airflow.sdk").task
    found["BaseOperator"] = import_module("airflow.models" if two else "airflow.sdk").BaseOperator
    found["Asset"] = import_module("airflow.datasets").Dataset if two else import_module("airflow.sdk").Asset
    found["PokeReturnValue"] = import_module("airflow.sensors.base" if two else "airflow.sdk").PokeReturnValue
    return SimpleNamespace(**found)


def dag_of(name: str) -> Any:
    """The DAG of a case, as an author would write it."""
    dag_class = import_module("airflow" if MAJOR == "2" else "airflow.sdk").DAG
    start = datetime(2024, 1, 1, tzinfo=timezone.utc)
    with dag_class(
        name,
        schedule=None,
        start_date=start,
        params={"p": 1},
        default_args={"retry_delay": timedelta(0), "start_date": start},
        user_defined_macros={"triple": lambda number: 3 * number},
        user_defined_filters={"shout": str.upper},
    ) as dag:
        CASES[name](names())
    return dag


def result_of(run: Any) -> dict[str, Any]:
    """The state, tries and XComs of each task instance."""
    found = {}
    for ti in run.get_task_instances():
        key = ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]"
        found[key] = {"state": str(getattr(ti.state, "value", ti.state)), "tries": ti.try_number, "xcoms": {}}
    model = import_module("airflow.models.xcom")
    xcoms = model.XCom if MAJOR == "2" else model.XComModel
    with import_module("airflow.utils.session").create_session() as session:
        for row in session.query(xcoms).filter(xcoms.run_id == run.run_id, xcoms.dag_id == run.dag_id):
            key = row.task_id if row.map_index < 0 else f"{row.task_id}[{row.map_index}]"
            value = row.value
            # Texts would be read as JSON once more.
            if MAJOR == "3" and not isinstance(value, str):
                value = import_module("airflow.sdk.serde").deserialize(xcoms.deserialize_value(row))
            found[key]["xcoms"][row.key] = repr(value)
    return dict(sorted(found.items()))


def _record(home: Path) -> None:
    (home / "dags").mkdir(exist_ok=True)
    import_module("airflow.utils.db").initdb()
    logging.disable(logging.CRITICAL)
    recorded = {}
    for name in sys.argv[2:] or CASES:
        (home / "dags" / "case.py").write_text(DAG_FILE.format(name=name))
        recorded[name] = result_of(dag_of(name).test())
        print(name, file=sys.stderr)
    (home / "recorded.json").write_text(json.dumps(recorded, indent=1))


if __name__ == "__main__":
    sys.modules["operator_cases_airflow_side"] = sys.modules["__main__"]
    HOME = Path(sys.argv[1]).resolve()
    os.environ.update(
        AIRFLOW_HOME=str(HOME), AIRFLOW__CORE__LOAD_EXAMPLES="False", AIRFLOW__CORE__DAGS_FOLDER=str(HOME / "dags")
    )
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    _record(HOME)
