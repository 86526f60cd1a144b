"""The tables of `airflow-compat automations`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..automations._descriptions import describe_trigger
from ..automations._plan import HeldAutomation
from ..automations._simulation import AlertSimulation
from ._printing import clock, count, filled_table

if TYPE_CHECKING:
    from rich.table import Table


def held_rows(held: Iterable[HeldAutomation]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each automation: its style, key, name, whether it is enabled, and its trigger."""
    for each in held:
        style, enabled = ("", "yes") if each.enabled else ("dim", "no")
        yield style, each.key, str(each.data["name"]), enabled, describe_trigger(each.data["trigger"])


def trials_table(trials: Iterable[AlertSimulation]) -> Table:
    """Return a table of each alert's runs: first the runs that fire the alert. Alerts without runs get a line, too."""
    return filled_table(("key", "run", "result", "when", "id"), (row for trial in trials for row in _rows(trial)))


def _rows(trial: AlertSimulation) -> Iterator[tuple[str, ...]]:
    if trial.refusal:
        yield "red", trial.key, "", "refused", trial.refusal, ""
    elif not trial.runs:
        # An alert without runs gets a line too, because its flow's name may be misspelt.
        yield "yellow", trial.key, "", "no runs", "", ""
    for run in sorted(trial.runs, key=lambda run: not run.fired):
        style, result = ("green", "alert") if run.fired else ("dim", "silent")
        id_ = run.resource_id.removeprefix("prefect.")
        yield style, trial.key, run.name, result, ", ".join(map(clock, run.fired)), id_


def trials_summary(trials: Iterable[AlertSimulation], events: int) -> str:
    """Return how many alerts would have fired."""
    trials = tuple(trials)
    fired = sum(len(run.fired) for trial in trials for run in trial.runs)
    refused = sum(bool(trial.refusal) for trial in trials)
    runs = {run.resource_id for trial in trials for run in trial.runs}
    summary = f"{count(fired, 'alert')} for {count(len(runs), 'run')}, from {count(events, 'event')}"
    return f"\n{summary}; {refused} refused." if refused else f"\n{summary}."
