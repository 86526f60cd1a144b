"""Tables, results, moments and counts of all commands. Colours appear only in a terminal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..errors import AirflowCompatError

T = TypeVar("T")

# For each action of a plan: the text before the plan is applied, the text after that, and the style.
_RESULTS = {
    "create": ("would create", "created", "green"),
    "replace": ("would replace", "replaced", "green"),
    "update": ("would update", "updated", "green"),
    "delete": ("would delete", "deleted", "yellow"),
    "unchanged": ("unchanged", "unchanged", "dim"),
    "differs": ("differs", "differs", "yellow"),
    "refused": ("refused", "refused", "red"),
}


def new_console(*, stderr: bool = False) -> Console:
    """Return the console for tables."""
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        # Long lines are easier to search than folded ones.
        console.width = 240
    return console


def new_table(*columns: str) -> Table:
    """Return a table without lines."""
    return Table(*columns, box=None, pad_edge=False, header_style="bold")


def filled_table(columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Table:
    """Return a table of rows. Each row starts with its style. Long cells are folded."""
    table = new_table(*columns)
    for style, *cells in rows:
        table.add_row(*(Text(cell, style=style, overflow="fold") for cell in cells))
    return table


def print_table(console: Console, columns: Iterable[str], rows: Iterable[tuple[str, ...]], summary: str) -> None:
    """Print a table of rows, unless there are none, and a summary."""
    table = filled_table(columns, rows)
    if table.rows:
        console.print(table)
    console.print(f"\n{summary}", soft_wrap=True)


def write_file(path: str, text: str, error: type[AirflowCompatError], advice: str) -> None:
    """Write a file that an option names.

    Raises:
        error: The file can't be written. The message ends with the advice.
    """
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as exc:
        raise error(f"{path} can't be written ({exc.strerror}). {advice}") from None


def print_json(data: object) -> None:
    """Print JSON to standard output."""
    print(json.dumps(data, indent=2))


def result_of(action: str, *, planned: bool, error: str = "") -> tuple[str, str]:
    """Return what a table shows for an item of a plan, and its style."""
    if error:
        return "failed", "red"
    would, was, style = _RESULTS[action]
    return would if planned else was, style


def not_tried(items: Sequence[Any], outcome: Callable[[Any, str], T]) -> tuple[T, ...]:
    """If an item is refused, return outcomes that say that nothing was written; else an empty tuple."""
    if not any(item.action == "refused" for item in items):
        return ()
    error = "not written, because another entry is refused"
    return tuple(outcome(item, error if item.action in ("create", "update", "delete") else "") for item in items)


def counted(results: Iterable[str], nothing: str) -> str:
    """Return a summary such as `2 created, 1 failed`, or the second text if there are no results."""
    return ", ".join(f"{number} {result}" for result, number in Counter(results).items()) or nothing


def print_outcomes(
    console: Console,
    outcomes: Iterable[Any],
    columns: tuple[str, ...],
    cells: Callable[[Any, str, str], tuple[str, ...]],
    *,
    json_: bool,
    planned: bool,
    nothing: str,
) -> None:
    """Print each item of a plan with its result, and the number of items by result.

    Args:
        console: Where to print.
        outcomes: The plan's outcomes.
        columns: The table's columns.
        cells: Makes a row of an item, its result and its notes.
        json_: Print JSON instead of a table.
        planned: Nothing was written.
        nothing: The summary if there are no outcomes.
    """
    outcomes = tuple(outcomes)
    if json_:
        print_json(
            [
                {**each.item.as_dict(), **({} if planned else {"done": each.done, "error": each.error})}
                for each in outcomes
            ]
        )
        return
    results = [result_of(each.item.action, planned=planned, error=each.error) for each in outcomes]
    rows = (
        (style, *cells(each.item, result, each.error or "; ".join(each.item.notes)))
        for each, (result, style) in zip(outcomes, results, strict=True)
    )
    summary = counted((result for result, _ in results), nothing)
    print_table(console, columns, rows, f"{summary}. Nothing was written." if planned else f"{summary}.")


def clock(moment: datetime) -> str:
    """Format a moment in this machine's time zone."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"


def count(number: int, thing: str) -> str:
    """Return a count such as `1 slot` or `2 slots`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
