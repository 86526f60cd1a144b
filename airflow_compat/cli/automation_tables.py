"""What `airflow-compat automations` prints where it doesn't print JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.text import Text

from .._specs.automation_descriptions import describe_trigger
from .printing import clock, count, new_table

if TYPE_CHECKING:
    from rich.table import Table

    from .._automations.trials import Trial
    from .._specs.automation_plan import AutomationOutcome, HeldAutomation

_RESULTS = {
    "create": ("would create", "created", "green"),
    "update": ("would update", "updated", "green"),
    "delete": ("would delete", "deleted", "yellow"),
    "unchanged": ("unchanged", "unchanged", "dim"),
    "refused": ("refused", "refused", "red"),
}


def outcomes_table(outcomes: Iterable[AutomationOutcome], *, planned: bool) -> Table:
    """What becomes, or is to become, of each automation."""
    table = new_table("key", "result", "name", "notes")
    for outcome in outcomes:
        result, style = _result(outcome, planned=planned)
        notes = outcome.error or "; ".join(outcome.item.notes)
        _add(table, style, outcome.item.key, result, outcome.item.name, notes)
    return table


def outcomes_summary(outcomes: Iterable[AutomationOutcome], *, planned: bool) -> str:
    """How many of each."""
    counted = Counter(_result(outcome, planned=planned)[0] for outcome in outcomes)
    said = ", ".join(f"{number} {word}" for word, number in counted.items()) or "nothing to do"
    return f"\n{said}." + (" Nothing was written." if planned else "")


def held_table(held: Iterable[HeldAutomation]) -> Table:
    """What the server has."""
    table = new_table("key", "name", "enabled", "fires at")
    for each in held:
        said = ("yes", "") if each.enabled else ("no", "dim")
        _add(table, said[1], each.key, str(each.data["name"]), said[0], describe_trigger(each.data["trigger"]))
    return table


def trials_table(trials: Iterable[Trial]) -> Table:
    """Each run that an alert is about: first those that it would have told of; and the alerts that are about none."""
    table = new_table("key", "run", "result", "when", "id")
    for trial in trials:
        if trial.refusal:
            _add(table, "red", trial.key, "", "refused", trial.refusal, "")
        elif not trial.runs:
            # Without a line, a flow's name that is misspelt would go unseen.
            _add(table, "yellow", trial.key, "", "no runs", "", "")
        for run in sorted(trial.runs, key=lambda run: not run.fired):
            moments = ", ".join(map(clock, run.fired))
            result, style = ("alert", "green") if run.fired else ("silent", "dim")
            _add(table, style, trial.key, run.name, result, moments, run.resource_id.removeprefix("prefect."))
    return table


def trials_summary(trials: Iterable[Trial], events: int) -> str:
    """How many alerts there would have been."""
    trials = tuple(trials)
    fired = sum(len(run.fired) for trial in trials for run in trial.runs)
    refused = sum(bool(trial.refusal) for trial in trials)
    runs = {run.resource_id for trial in trials for run in trial.runs}
    said = f"{count(fired, 'alert')} of {count(len(runs), 'run')}, by {count(events, 'event')}"
    return f"\n{said}; {refused} refused." if refused else f"\n{said}."


def _result(outcome: AutomationOutcome, *, planned: bool) -> tuple[str, str]:
    if outcome.error:
        return "failed", "red"
    would, was, style = _RESULTS[outcome.item.action]
    return would if planned else was, style


def _add(table: Table, style: str, *cells: str) -> None:
    table.add_row(*(Text(cell, style=style, overflow="fold") for cell in cells))
