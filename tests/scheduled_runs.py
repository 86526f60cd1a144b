"""The scenario of `scheduled_dags`: its two parts, and what is recorded of its runs.

In the first part, the runs of five dates are made by the schedules, by a backfill, by other DAGs and by assets. Then
the cause of some failures is repaired. In the second part, tasks are cleared, and the backfill repeats failed runs.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path

FOLDER = Path(__file__).with_name("scheduled_dags")
RECORD = Path(__file__).parent / "data" / "scheduled_runs.json"

DATES = tuple(datetime(2026, 1, day, tzinfo=timezone.utc) for day in range(1, 6))
SCHEDULED = (
    "past",
    "past_of_all",
    "cleared",
    "latest",
    "producer",
    "waiter",
    "parent",
    "resetter",
    "seller",
    "retried",
)
SCHEDULED += ("mapped", "torn", "torn_strictly", "ruled")
TRIGGERED = ("child", "grandchild")
FILLED = "filled"
OF_ASSETS = "counter"
# The events of two days are missing, because their task failed or was skipped.
ASSET_RUNS = 3

# Runs that can't end before the second part, because the run before failed.
WAITING = (("past", DATES[3]), ("past", DATES[4]))
# What is cleared in the second part: the task with all below it, by DAG and dates.
CLEARED = (("past", "load", DATES[2:3]), ("cleared", "broken", DATES[1:4]))

Runs = dict[str, dict[str, dict[str, str]]]
"""By dag_id and day: the state of the run at `run`, and `STATE TRIES` of each task instance."""


def copy_dags(folder: Path) -> Path:
    """Copy the DAG files to a folder called `dags`, and return it."""
    return shutil.copytree(FOLDER, folder / "dags", ignore=shutil.ignore_patterns("__pycache__"))


def repair(dags: Path) -> None:
    """Begin the second part."""
    (dags / "repaired").touch()


def by_day(date: datetime) -> str:
    return f"{date:%Y-%m-%d}"


def in_any_order(runs: Iterable[Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Number runs without dates, which can begin in any order, and whose tasks are read in any order."""
    ordered = sorted(runs, key=lambda run: sorted(run.items()))
    return {f"run {number}": dict(run) for number, run in enumerate(ordered, 1)}


def write(runs: Runs) -> None:
    """Replace the record."""
    RECORD.write_text(json.dumps(runs, indent=1, sort_keys=True) + "\n")


def read() -> Runs:
    """Read the record."""
    runs: Runs = json.loads(RECORD.read_text())
    return runs


def differences(one: Runs, other: Runs) -> set[tuple[str, str, str, str | None, str | None]]:
    """The dag_id, the day, the task or `run`, and the two values of each difference."""
    found = set()
    for dag_id in one.keys() | other.keys():
        ones, others = one.get(dag_id, {}), other.get(dag_id, {})
        for day in ones.keys() | others.keys():
            first, second = ones.get(day, {}), others.get(day, {})
            found |= {
                (dag_id, day, name, first.get(name), second.get(name))
                for name in first.keys() | second.keys()
                if first.get(name) != second.get(name)
            }
    return found
