"""The changes of a file as a unified diff, which `git apply` accepts."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

_NO_NEWLINE = "\n\\ No newline at end of file\n"


def diff_text(path: str, before: str, after: str) -> str:
    """Return the diff of two texts of a file; empty for equal texts."""
    name = path.lstrip("/")
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}{_NO_NEWLINE}" for line in lines)


def _lines(text: str) -> list[str]:
    # `str.splitlines` also splits at other characters.
    return list(_split(text))


def _split(text: str) -> Iterator[str]:
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start : end + 1]
        start = end + 1
    if start < len(text):
        yield text[start:]
