"""Runs the scenarios under the shims: `python prefect_side.py HOME 3` writes HOME/events.json, by Airflow 3's rules.

A process of its own, since no Airflow 2.11 can be installed beside Prefect.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from callback_scenarios import KINDS, SCENARIOS, Author, Imports, Job, Scenario
from prefect import Flow, State, Task, flow, task
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from airflow_compat import callbacks, context, exceptions, notifiers
from airflow_compat.options import task_options


def imports(version: Any) -> Imports:
    """What the author imports in place of Airflow's names."""
    return Imports(exceptions, notifiers.BaseNotifier, partial(context.get_current_context, airflow_version=version))


def flow_of(scenario: Scenario, author: Author, version: Any) -> Flow[[], Any]:
    """The scenario as a flow."""
    defaults = author.arguments(scenario.default_args)
    # What Airflow's default_args come to for each task.
    tasks = [
        (job, _task(job, {**defaults, **author.arguments(job.arguments)}, author, version)) for job in scenario.jobs
    ]

    @flow(name=scenario.name)
    def run() -> None:
        states: dict[str | None, list[State[Any]]] = {}
        for job, made in tasks:
            upstream: Any = states.get(job.after, [])
            if job.elements:
                futures = made.map(list(job.elements), wait_for=upstream)
                futures.wait()
                states[job.task_id] = [future.state for future in futures]
            else:
                states[job.task_id] = [made(return_state=True, wait_for=upstream)]
        for state in chain.from_iterable(states.values()):
            if state.is_failed():
                state.result()

    return _with_callbacks(run, author.arguments(scenario.dag_arguments), version)  # type: ignore[no-any-return]


def _task(job: Job, arguments: dict[str, Any], author: Author, version: Any) -> Task[..., Any]:
    timeout = arguments.get("execution_timeout")
    owner = {"owner": arguments["owner"]} if "owner" in arguments else {}

    @task(
        **task_options(**owner),
        name=job.task_id,
        retries=arguments.get("retries", 0),
        timeout_seconds=timeout.total_seconds() if timeout else None,
    )
    def run(element: int | None = None) -> object:
        return job.body(author.imports, element)

    return _with_callbacks(run, arguments, version)  # type: ignore[no-any-return]


def _with_callbacks(target: Any, arguments: dict[str, Any], version: Any) -> Any:
    # Decorators are applied from below.
    for kind in reversed(KINDS):
        # None and an empty list are no callback.
        if callback := arguments.get(f"{kind}_callback"):
            target = getattr(callbacks, kind)(callback, airflow_version=version)(target)
    return target


def _run_all(version: str) -> dict[str, list[dict[str, Any]]]:
    found = {}
    # A sync flow run would otherwise wait a second for its heartbeat's thread.
    fast = temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})
    with prefect_test_harness(server_startup_timeout=240), fast:
        for scenario in SCENARIOS:
            author = Author(imports(version))
            flow_of(scenario, author, version)(return_state=True)
            found[scenario.name] = author.events
    return found


if __name__ == "__main__":
    (Path(sys.argv[1]) / "events.json").write_text(json.dumps(_run_all(sys.argv[2])))
