"""Runs the scenarios under the real Airflow of this environment: `python airflow_side.py HOME` writes HOME/events.json.

A process of its own, since Airflow reads its settings once, and takes signals for its timeouts.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest import mock

from callback_scenarios import SCENARIOS, Author, Imports, Job, Scenario

MAJOR = version("apache-airflow").split(".")[0]
# Airflow 3 runs only what it finds in a file of its folder.
DAG_FILE = "from airflow_side import dags\n\nglobals().update(dags())\n"


def imports() -> Imports:
    """Where the author's names stand in this release."""
    if MAJOR == "2":
        exceptions, notifier = "airflow.exceptions", "airflow.notifications.basenotifier"
        context = "airflow.operators.python"
    else:
        exceptions, notifier = "airflow.sdk.exceptions", "airflow.sdk.bases.notifier"
        context = "airflow.sdk"
    return Imports(
        import_module(exceptions), import_module(notifier).BaseNotifier, import_module(context).get_current_context
    )


def dag_of(scenario: Scenario, author: Author) -> Any:
    """The scenario as a DAG."""
    sdk = import_module("airflow.decorators" if MAJOR == "2" else "airflow.sdk")
    dag_class = import_module("airflow" if MAJOR == "2" else "airflow.sdk").DAG
    with dag_class(
        scenario.name,
        schedule=None,
        start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
        default_args={"retry_delay": timedelta(0), **author.arguments(scenario.default_args)},
        **author.arguments(scenario.dag_arguments),
    ) as dag:
        placed: dict[str, Any] = {}
        for job in scenario.jobs:
            made = sdk.task(task_id=job.task_id, **author.arguments(job.arguments))(_body(job, author))
            placed[job.task_id] = made.expand(element=list(job.elements)) if job.elements else made()
            if job.after:
                placed[job.after].set_downstream(placed[job.task_id])
    return dag


def dags() -> dict[str, Any]:
    """All of them, by name."""
    return {scenario.name: dag_of(scenario, Author(imports())) for scenario in SCENARIOS}


def _body(job: Job, author: Author) -> Any:
    def run(element: int | None = None) -> object:
        return job.body(author.imports, element)

    return run


def _with_timeouts(run_task: Callable[..., Any]) -> Callable[..., Any]:
    """2.11's `dag.test()` itself ends with a task's timeout, which is no Exception; a scheduler goes on."""
    timeout = imports().exceptions.AirflowTaskTimeout

    def run(**arguments: Any) -> Any:
        with suppress(timeout):
            return run_task(**arguments)

    return run


def _run_all(home: Path) -> dict[str, list[dict[str, Any]]]:
    (home / "dags").mkdir()
    (home / "dags" / "scenarios.py").write_text(DAG_FILE)
    import_module("airflow.utils.db").initdb()
    runs = import_module("airflow.models.dag" if MAJOR == "2" else "airflow.sdk.definitions.dag")
    found = {}
    with mock.patch.object(runs, "_run_task", _with_timeouts(runs._run_task)):
        for scenario in SCENARIOS:
            author = Author(imports())
            dag_of(scenario, author).test()
            found[scenario.name] = author.events
    return found


if __name__ == "__main__":
    HOME = Path(sys.argv[1]).resolve()
    os.environ.update(
        AIRFLOW_HOME=str(HOME), AIRFLOW__CORE__LOAD_EXAMPLES="False", AIRFLOW__CORE__DAGS_FOLDER=str(HOME / "dags")
    )
    (HOME / "events.json").write_text(json.dumps(_run_all(HOME)))
