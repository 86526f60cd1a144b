"""Runs the DAGs of `provider_dags` with `dag.test()`, but for `sql_http`: `python provider_dags_airflow_side.py HOME`.

Writes HOME/found.json. It is a process of its own, since Airflow reads its settings once.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from datetime import datetime, timezone
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
DAGS = {"amazon": ("s3", "queues"), "remote": ("ssh", "sftp"), "messages": ("messages",), "kubernetes_pods": ("pods",)}
DAY = datetime(2024, 3, 5, tzinfo=timezone.utc)


def _run(module: str, name: str, file: Path) -> None:
    from operator_cases_airflow_side import result_of

    date = "execution_date" if version("apache-airflow").startswith("2.") else "logical_date"
    result = result_of(getattr(import_module(module), name).test(**{date: DAY}))
    file.write_text(json.dumps(result))


def _record(home: Path) -> None:
    import_module("airflow.utils.db").initdb()
    logging.disable(logging.CRITICAL)
    import_module("airflow.settings").engine.dispose()
    found = {}
    for module, name in ((module, name) for module, names in DAGS.items() for name in names):
        # In Airflow 3, tasks of other DAGs close an event loop that pods need.
        if (pid := os.fork()) == 0:
            code = 1
            try:
                _run(module, name, home / f"{name}.json")
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(pid, 0)[1] == 0, name
        found[name] = json.loads((home / f"{name}.json").read_text())
    (home / "found.json").write_text(json.dumps(found))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    HOME = Path(sys.argv[1]).resolve()
    given = json.loads((HOME / "connections.json").read_text())
    os.environ.update(
        AIRFLOW_HOME=str(HOME),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__DAGS_FOLDER=str(HERE / "provider_dags"),
        PROVIDERS_HOME=str(HOME),
        **{f"AIRFLOW_CONN_{conn_id.upper()}": json.dumps(fields) for conn_id, fields in given.items()},
    )
    paths = [str(HERE / "provider_dags"), str(HERE), str(HERE.parent)]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    sys.path[:0] = paths
    _record(HOME)
