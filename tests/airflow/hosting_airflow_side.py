"""Runs `hosted_tasks` under the real Airflow of this environment: `python hosting_airflow_side.py HOME DISCORD_URL`.

Writes HOME/airflow.json. It is a process of its own, since Airflow reads its settings once.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from hosted_objects import connections, events, variables

HERE = Path(__file__).parent


def _record(home: Path) -> None:
    from operator_cases_airflow_side import result_of

    import_module("airflow.utils.db").initdb()
    logging.disable(logging.CRITICAL)
    dag: Any = import_module("hosted_tasks").dag
    run_task = "_run_task" if hasattr(import_module(type(dag).__module__), "_run_task") else "run_task"
    module = import_module(type(dag).__module__)
    original = getattr(module, run_task, None)
    if original is not None:
        timeout = import_module("airflow.exceptions").AirflowTaskTimeout

        def run(*args: Any, **kwargs: Any) -> Any:
            # In 2.11, a task's timeout, which is no Exception, ends `dag.test()`; a scheduler goes on.
            with suppress(timeout):
                return original(*args, **kwargs)

        setattr(module, run_task, run)
    result = result_of(dag.test())
    (home / "airflow.json").write_text(json.dumps({"instances": result, "events": events(home / "airflow-events")}))


if __name__ == "__main__":
    HOME = Path(sys.argv[1]).resolve()
    shutil.copytree(HERE / "hosted_dags", HOME / "dags", dirs_exist_ok=True)
    os.environ.update(
        AIRFLOW_HOME=str(HOME),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__DAGS_FOLDER=str(HOME / "dags"),
        HOSTED_EVENTS=str(HOME / "airflow-events"),
        **{
            f"AIRFLOW_CONN_{conn_id.upper()}": json.dumps(fields)
            for conn_id, fields in connections(sys.argv[2]).items()
        },
        **{f"AIRFLOW_VAR_{key.upper()}": value for key, value in variables().items()},
    )
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HOME / "dags"), str(HERE), str(HERE.parent)])
    sys.path[:0] = [str(HOME / "dags"), str(HERE.parent)]
    _record(HOME)
