"""`airflow-compat import`: an Airflow export into the Prefect server that the active profile names."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from .. import importing
from ..importing import Item, Outcome
from .printing import new_console, new_table

if TYPE_CHECKING:
    from rich.table import Table


def import_sources(
    sources: Annotated[list[str], Parameter(consume_multiple=True, negative=())],
    /,
    *,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    only: Annotated[list[str] | None, Parameter(negative=())] = None,
    replace: Annotated[bool, Parameter(negative=())] = False,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Import connections, variables and pools from Airflow.

    What exists already is left as it is, unless --replace is given, so the command can be run again. No secret is
    printed.

    Example: airflow-compat import connections.json variables.json pools.json --dry-run

    Args:
        sources: Export files that `airflow connections|variables|pools export` wrote, `env:` for the environment, a
            metadata database's URL, or a secrets backend; in any order.
        dry_run: Print what would happen, and write nothing.
        only: Import the ids that match this shell pattern alone, such as 'warehouse_*'; may be given several times.
        replace: Put what the export says in the place of what exists and differs.
        json_: Print JSON instead of a table.
    """
    export = importing.read(*sources)
    items = importing.plan(export, only=only or (), replace=replace)
    outcomes = tuple(Outcome(item) for item in items) if dry_run else _apply(items)
    if json_:
        print(json.dumps([_as_dict(outcome, dry_run=dry_run) for outcome in outcomes], indent=2))
    else:
        _print(outcomes, dry_run=dry_run)
    return 1 if any(outcome.error or outcome.item.action in ("differs", "refused") for outcome in outcomes) else 0


def _apply(items: tuple[Item, ...]) -> tuple[Outcome, ...]:
    """Apply the plan, with a progress bar on standard error where that is a terminal."""
    bar = Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    with bar:
        task = bar.add_task("Importing", total=len(items))
        return importing.apply(items, progress=lambda _: bar.advance(task))


def _as_dict(outcome: Outcome, *, dry_run: bool) -> dict[str, object]:
    result = {} if dry_run else {"done": outcome.done, "error": outcome.error}
    return {**outcome.item.as_dict(), **result}


def _print(outcomes: tuple[Outcome, ...], *, dry_run: bool) -> None:
    console = new_console()
    console.print(_table(outcomes, dry_run=dry_run))
    console.print(_summary(outcomes, dry_run=dry_run))


def _table(outcomes: Iterable[Outcome], *, dry_run: bool) -> Table:
    table = new_table("kind", "id", "result", "kept as", "notes")
    for outcome in outcomes:
        result, style = _result(outcome, dry_run=dry_run)
        notes = outcome.error or "; ".join(outcome.item.notes)
        cells = (outcome.item.kind, outcome.item.id, result, outcome.item.home, notes)
        table.add_row(*(Text(cell, style=style, overflow="fold") for cell in cells))
    return table


def _result(outcome: Outcome, *, dry_run: bool) -> tuple[str, str]:
    """What the table says of an item, and its style."""
    if outcome.error:
        return "failed", "red"
    words = {
        "create": ("would create" if dry_run else "created", "green"),
        "replace": ("would replace" if dry_run else "replaced", "green"),
        "unchanged": ("unchanged", "dim"),
        "differs": ("differs", "yellow"),
        "refused": ("refused", "red"),
    }
    return words[outcome.item.action]


def _summary(outcomes: Iterable[Outcome], *, dry_run: bool) -> str:
    counted = Counter(_result(outcome, dry_run=dry_run)[0] for outcome in outcomes)
    said = ", ".join(f"{number} {word}" for word, number in counted.items()) or "nothing to import"
    return f"\n{said}." + (" Nothing was written." if dry_run else "")
