"""Runs random DAGs under the real Airflow of this environment: `python random_dags_airflow_side.py HOME SEED SEED ...`.

Writes one JSON line per DAG to HOME/recorded.jsonl. It is a process of its own, since Airflow reads its settings once.
Sockets are closed: no task needs one.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import time
from contextlib import ExitStack
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from random_dag_author import Author, Names
from random_dags import Spec, checksum, spec_of

MAJOR = version("apache-airflow").split(".")[0]
# Airflow 3 runs only what it finds in a file of its folder, and reads all of them for each run.
DAG_FILE = "from random_dags_airflow_side import MAJOR, dag_of, spec_of\n\ndag = dag_of(spec_of({seed}, MAJOR))\n"
LETTERS = {"success": "S", "failed": "F", "skipped": "K", "upstream_failed": "U", "removed": "R", None: "-"}
SECONDS = 400


def names() -> Names:
    """Where the author's names stand in this release."""
    if MAJOR == "2":
        sdk, groups, inputs = "airflow", "airflow.utils.task_group", "airflow.models.expandinput"
        operators, exceptions = "airflow.operators.python", "airflow.exceptions"
    else:
        sdk, groups = "airflow.sdk", "airflow.sdk.definitions.taskgroup"
        inputs = "airflow.sdk.definitions._internal.expandinput"
        operators, exceptions = "airflow.providers.standard.operators.python", "airflow.sdk.exceptions"
    return Names(
        import_module(sdk).DAG,
        import_module(groups).TaskGroup,
        import_module(groups).MappedTaskGroup,
        import_module(inputs).DictOfListsExpandInput,
        import_module(operators).PythonOperator,
        import_module(operators).BranchPythonOperator,
        import_module(operators).ShortCircuitOperator,
        import_module(exceptions).AirflowSkipException,
    )


def dag_of(spec: Spec) -> Any:
    """The DAG of a spec."""
    return Author(names()).dag_of(spec)


def result_of(run: Any) -> dict[str, Any]:
    """The states and tries of a run, by task in the order of the spec: `S1`, or `*S1 F2` for two expanded instances."""
    found: dict[str, list[tuple[int, str]]] = {}
    for ti in run.get_task_instances():
        state = LETTERS[None if ti.state is None else str(getattr(ti.state, "value", ti.state))]
        found.setdefault(ti.task_id, []).append((ti.map_index, f"{state}{ti.try_number}"))
    tasks = []
    for _, instances in sorted(found.items(), key=lambda item: int(item[0][1:])):
        expanded = "*" if instances[0][0] >= 0 else ""
        tasks.append(expanded + " ".join(text for _, text in sorted(instances)))
    return {"run": str(getattr(run.state, "value", run.state)), "tasks": ", ".join(tasks)}


def _record(home: Path) -> None:
    _fix_order_of_checks()
    (home / "dags").mkdir(exist_ok=True)
    import_module("airflow.utils.db").initdb()
    session = import_module("airflow.settings").Session
    logging.disable(logging.CRITICAL)
    _close_sockets()
    # `dag.test()` sleeps for a second after each round that starts no task.
    time.sleep = lambda seconds: None
    with (home / "recorded.jsonl").open("a") as file, ExitStack() as stack:
        stack.callback(signal.alarm, 0)
        for seed in sys.argv[2:]:
            spec = spec_of(int(seed), MAJOR)
            (home / "dags" / "random_dag.py").write_text(DAG_FILE.format(seed=seed))
            signal.alarm(SECONDS)
            run = dag_of(spec).test()
            found = {"seed": int(seed), "spec": checksum(spec), **result_of(run)}
            file.write(json.dumps(found) + "\n")
            file.flush()
            session.remove()


def _fix_order_of_checks() -> None:
    """Let the skips of branches win over trigger rules, as they do where one comes before the other.

    Airflow asks its checks in the order of a set, which differs by process. Several can set a state; the last one wins.
    """
    checks = [
        "NotInRetryPeriodDep",
        "PrevDagrunDep",
        "TriggerRuleDep",
        "MappedTaskUpstreamDep",
        "NotPreviouslySkippedDep",
    ]
    base = import_module("airflow.ti_deps.deps.base_ti_dep").BaseTIDep
    # A set of objects with small hashes is in the order of these.
    order = {name: place for place, name in enumerate(checks)}
    base.__hash__ = lambda check: order.get(type(check).__name__, len(checks))
    # The sets that exist have kept the places of before.
    if MAJOR == "2":
        operator = import_module("airflow.models.baseoperator").BaseOperator
        operator.deps = frozenset(list(operator.deps))
    else:
        operators = import_module("airflow.serialization.definitions.baseoperator")
        operators.DEFAULT_OPERATOR_DEPS = frozenset(list(operators.DEFAULT_OPERATOR_DEPS))


def _close_sockets() -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError("sockets are closed")

    socket.socket.connect = refuse  # type: ignore[method-assign]


if __name__ == "__main__":
    sys.modules["random_dags_airflow_side"] = sys.modules["__main__"]
    HOME = Path(sys.argv[1]).resolve()
    os.environ.update(
        AIRFLOW_HOME=str(HOME),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__DAGS_FOLDER=str(HOME / "dags"),
        AIRFLOW__LOGGING__LOGGING_LEVEL="CRITICAL",
    )
    _record(HOME)
