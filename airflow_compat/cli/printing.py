"""How all commands print: plain tables, moments and counts, in colour at a terminal alone."""

from __future__ import annotations

from datetime import datetime

from rich.console import Console
from rich.table import Table


def new_console(*, stderr: bool = False) -> Console:
    """The console for tables."""
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        # A pipe has no width: lines of their own length are easier to search than folded ones.
        console.width = 240
    return console


def new_table(*columns: str) -> Table:
    """A table without lines."""
    return Table(*columns, box=None, pad_edge=False, header_style="bold")


def clock(moment: datetime) -> str:
    """A moment in this machine's time zone."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"


def count(number: int, thing: str) -> str:
    """`1 slot`, `2 slots`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
