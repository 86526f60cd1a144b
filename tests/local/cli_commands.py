"""The commands of `airflow-compat`, and a call of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from airflow_compat.cli import main
from airflow_compat.cli._app import app

if TYPE_CHECKING:
    from cyclopts import App


def commands(of: App = app, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words that call each command, without groups of commands."""
    for name in sorted(of):
        if not name.startswith("-"):
            below = of[name]
            if any(not sub.startswith("-") for sub in below):
                yield from commands(below, (*path, name))
            else:
                yield (*path, name)


DATES = ["--start", "2026-11-01", "--end", "2026-11-02", "--schedule", "@daily"]
ALERT = """
name: t-conditions
trigger:
  match: {prefect.resource.id: prefect.flow-run.*}
  expect: [prefect.flow-run.Failed]
  for_each: [prefect.resource.id]
  posture: Reactive
  threshold: 1
actions: [{type: cancel-flow-run}]
"""
FILES = {
    "variables.json": '{"t_conditions": "1"}',
    "alerts.yaml": ALERT,
    "pools.yaml": "work_pools: [{name: t-conditions, executor: KubernetesExecutor}]",
    "prefect.yaml": "deployments: [{name: t-conditions, entrypoint: flow.py:etl, work_pool: {name: t-conditions}}]",
    "flow.py": "from prefect import flow\n\n\n@flow\ndef etl(): ...\n",
    "dag.py": "from airflow import DAG\ndag = DAG('etl', schedule=None)\n",
}
# By name: the arguments, and whether the command sends requests.
ARGUMENTS = {
    "assess": (["dag.py", "--offline"], False),
    "automations apply": (["alerts.yaml"], True),
    "automations list": ([], True),
    "automations plan": (["alerts.yaml"], True),
    "automations prune": (["alerts.yaml"], True),
    "automations simulate": (["alerts.yaml"], True),
    "backfill": (["t-conditions/daily", *DATES, "--dry-run"], True),
    "catch-up": (["t-conditions/daily"], True),
    "dags check": (["dag.py"], True),
    "dags deploy-config": (["dag.py", "--dry-run"], False),
    "dags list": (["dag.py"], False),
    "dags show": (["dag.py"], False),
    "dags test": (["dag.py"], True),
    "deployments check": ([], True),
    "deployments generate": (["dag.py", "--dry-run"], False),
    "doctor": ([], True),
    "explain": (["AC101"], False),
    "import": (["variables.json", "--dry-run"], True),
    "metrics export": (["--once"], True),
    "pools doctor": ([], True),
    "pools list": ([], True),
    "rewrite": (["flow.py", "--json"], False),
    "runs cancel": (["etl/t-conditions"], True),
    "runs clear": (["etl/t-conditions", "--dry-run"], True),
    "runs list": (["t-conditions"], True),
    "runs lost": ([], True),
    "runs mark": (["etl/t-conditions", "success"], True),
    "runs tasks": (["etl/t-conditions"], True),
    "work-pools apply": (["pools.yaml"], True),
    "work-pools helm-values": (["pools.yaml", "--api-url", "http://prefect/api"], False),
    "work-pools plan": (["pools.yaml"], True),
    "work-pools recommend": (["pools.yaml"], False),
}
each_command = pytest.mark.parametrize("command", ARGUMENTS)
each_online_command = pytest.mark.parametrize("command", [name for name, (_, asks) in ARGUMENTS.items() if asks])


class Ended(NamedTuple):
    code: int
    lines: list[str]


def write_files() -> None:
    """Write the files that the arguments name into the current folder."""
    for name, text in FILES.items():
        Path(name).write_text(text)


def call_command(command: str, capfd: pytest.CaptureFixture[str]) -> Ended:
    """Run a command, and return its exit code and what it printed to standard error."""
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), *ARGUMENTS[command][0]])
    return Ended(ended.value.code, capfd.readouterr().err.splitlines())  # type: ignore[arg-type]
