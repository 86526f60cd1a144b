"""What a page shows of a command's output, against what is printed: times, ids and runs' names may differ.

A line `...` stands for any lines, and for none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# What differs each time, and what stands for it.
DIFFERS = (
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d", "TIME"),
    (r"\d\d:\d\d:\d\d\.\d{3}", "TIME"),
    (r"\bin \d+\.\d\ds", "in TIME"),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "ID"),
    (r"\b\d+ events\b", "EVENTS"),
    (r"Task run '(\w+)-[0-9a-f]{3}'", r"Task run '\1-ID'"),
    # A run's name is made of words, in quotes, or in a column before what is said of the run.
    (r"(?i)(flow run) '[a-z]+(-[a-z]+)+'", r"\1 'NAME'"),
    (r"\b[a-z]+(-[a-z]+)+(?= +(alert|silent)\b)", "NAME"),
    (r"\bPython 3\.\d+", "PYTHON"),
    (r"\b\d+ checks\b", "CHECKS"),
    (r"\b\d+ notes?\b", "NOTES"),
    # Columns are as wide as what stands in them.
    (r" +", " "),
)


def difference(shown: str, printed: str) -> str | None:
    """How the output differs from what the page shows; None where it doesn't."""
    lines = printed.strip("\n").splitlines()
    # Also without the empty lines at the end, which a page doesn't show.
    if _ends(_pattern(shown), [_same(line) for line in lines]) & {len(lines)}:
        return None
    return f"the page shows:\n{shown}\nbut this is printed:\n{printed}"


def after(shown: str, printed: Iterable[str]) -> int | None:
    """Behind how many of the printed lines all of those that the page shows have come; None where they haven't yet."""
    return min(_ends(_pattern(shown), [_same(line) for line in printed]), default=None)


def _pattern(shown: str) -> list[str]:
    return [_same(line) for line in shown.strip("\n").splitlines()]


def _ends(pattern: list[str], lines: list[str]) -> set[int]:
    """How many lines a pattern may stand for, from the first on."""
    ends = {0}
    for wanted in pattern:
        if not ends:
            break
        if wanted == "...":
            ends = set(range(min(ends), len(lines) + 1))
        else:
            ends = {end + 1 for end in ends if end < len(lines) and lines[end] == wanted}
    return ends


def _same(line: str) -> str:
    for pattern, token in DIFFERS:
        line = re.sub(pattern, token, line)
    return line.strip()
