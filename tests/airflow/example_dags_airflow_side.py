"""Runs Airflow's example DAGs with `dag.test()`: `python example_dags_airflow_side.py HOME` writes HOME/found.json.

A process of its own, since Airflow reads its settings once. Each run has a database of its own.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from example_dags import DATE, SECONDS, copy_example, examples_of, isolate, plain, run_each, run_shards, wanted

MAJOR = version("apache-airflow").split(".")[0]
DATA = Path(__file__).parents[1] / "data" / "example_dags.json"
EXCLUDED = json.loads(DATA.read_text())[MAJOR]["excluded"]


def folders() -> list[Path]:
    """The folders of the examples: Airflow's, and those of the standard provider."""
    spec = find_spec("airflow")
    top = Path(spec.origin or "" if spec else "").parent
    found = [top / "example_dags", top / "providers" / "standard" / "example_dags"]
    return [folder for folder in found if folder.is_dir()]


def _bag(path: Path) -> Any:
    module = "airflow.models.dagbag" if MAJOR == "2" else "airflow.dag_processing.dagbag"
    return import_module(module).DagBag(dag_folder=str(path))


def _add_plugins(plugins: Path) -> None:
    """Make the plugins of the examples known, under the names by which the examples import them."""
    plugins.mkdir()
    modules = [path.stem for path in (folders()[0] / "plugins").glob("*.py") if "listener" not in path.stem]
    lines = [f"from airflow.example_dags.plugins.{module} import *" for module in modules if module != "__init__"]
    (plugins / "examples.py").write_text("\n".join(lines))


def _run(dag_id: str, path: Path, home: Path) -> dict[str, Any]:
    isolate(home)
    settings = import_module("airflow.settings")
    settings.Session.remove()
    settings.engine.dispose()
    shutil.copy(home / "empty.db", home / "airflow.db")
    # Airflow 3 runs only what is in its DAG folder.
    bag = _bag(copy_example(path, folders(), home))
    if MAJOR == "2":
        # Airflow 3 does it in `dag.test()`.
        _bag(home / "dags").sync_to_db()
    dag = bag.dags[dag_id]
    run = dag.test(**{"execution_date" if MAJOR == "2" else "logical_date": DATE})
    xcom = import_module("airflow.models.xcom")
    session = settings.Session()
    instances = {}
    for ti in run.get_task_instances(session=session):
        state = None if ti.state is None else str(getattr(ti.state, "value", ti.state))
        instances[f"{ti.task_id}[{ti.map_index}]"] = {"state": state, "tries": ti.try_number}
    model = xcom.XComModel if MAJOR == "3" else xcom.XCom
    columns = (model.task_id, model.map_index, model.key, model.value)
    rows = session.query(*columns).filter(model.dag_id == dag_id, model.run_id == run.run_id).all()
    # Airflow 3 also stores the links of its UI.
    rows = [row for row in rows if not row.key.startswith("_link_")]
    xcoms = {f"{row.task_id}[{row.map_index}] {row.key}": plain(_value(row)) for row in rows}
    return {"run": str(getattr(run.state, "value", run.state)), "instances": instances, "xcoms": xcoms}


def _value(row: Any) -> Any:
    if MAJOR == "2":
        return import_module("airflow.models.xcom").XCom.deserialize_value(row)
    return import_module("airflow.sdk.bases.xcom").BaseXCom.deserialize_value(row)


def _run_shard(home: Path, shard: int) -> None:
    (home / "dags").mkdir()
    os.environ.update(
        AIRFLOW_HOME=str(home),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__DAGS_FOLDER=str(home / "dags"),
        AIRFLOW__LOGGING__LOGGING_LEVEL="CRITICAL",
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{home}/airflow.db",
    )
    _add_plugins(home / "plugins")
    import_module("airflow.utils.db").initdb()
    import_module("airflow.settings").engine.dispose()
    logging.disable(logging.CRITICAL)
    shutil.copy(home / "airflow.db", home / "empty.db")
    files = {dag_id: path for path in examples_of(folders(), shard) for dag_id in _bag(path).dags}
    found = run_each(
        wanted(files, EXCLUDED),
        lambda dag_id: _run(dag_id, files[dag_id], home),
        seconds=SECONDS,
        scratch=home / "runs.jsonl",
    )
    (home / "found.json").write_text(json.dumps({dag_id: found.get(dag_id, {}) for dag_id in files}))


if __name__ == "__main__":
    HOME = Path(sys.argv[1]).resolve()
    (HOME / "found.json").write_text(json.dumps(run_shards(HOME, _run_shard), indent=1))
