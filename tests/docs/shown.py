"""Compare the output that a page shows with a command's real output. Times, ids and names of runs may differ.

A line `...` matches any number of lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# Patterns of text that differs each time, and their replacements.
DIFFERS = (
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d", "TIME"),
    (r"\d\d:\d\d:\d\d\.\d{3}", "TIME"),
    (r"\bin \d+\.\d\ds", "in TIME"),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "ID"),
    (r"\b\d+ events\b", "EVENTS"),
    (r"Task run '(\w+)-[0-9a-f]{3}'", r"Task run '\1-ID'"),
    # A run's name consists of words. It is in quotes, or in a column before the result.
    (r"(?i)(flow run) '[a-z]+(-[a-z]+)+'", r"\1 'NAME'"),
    (r"\b[a-z]+(-[a-z]+)+(?= +(alert|silent)\b)", "NAME"),
    (r"\bPython 3\.\d+", "PYTHON"),
    (r"\b\d+ checks\b", "CHECKS"),
    (r"\b\d+ notes?\b", "NOTES"),
    # The width of columns depends on their content.
    (r" +", " "),
)


def difference(shown: str, printed: str) -> str | None:
    """Return how the output differs from the page, or None if it doesn't."""
    lines = printed.strip("\n").splitlines()
    # Ignore empty lines at the end, which a page doesn't show.
    if _ends(_pattern(shown), [_same(line) for line in lines]) & {len(lines)}:
        return None
    return f"the page shows:\n{shown}\nbut this is printed:\n{printed}"


def after(shown: str, printed: Iterable[str]) -> int | None:
    """Return how many printed lines it takes to contain all lines of the page, or None if some are missing."""
    return min(_ends(_pattern(shown), [_same(line) for line in printed]), default=None)


def _pattern(shown: str) -> list[str]:
    return [_same(line) for line in shown.strip("\n").splitlines()]


def _ends(pattern: list[str], lines: list[str]) -> set[int]:
    """Return the possible numbers of lines that a pattern matches, from the first line on."""
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
