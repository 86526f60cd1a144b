"""Count the snippets of the pages, and how each was tested. `nox -s docs` prints the result at its end."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from fences import blocks

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if "examples" not in page.parts),
]

RUN = "run"
USED = "written to files that the others use"
COMPILED = "Airflow's, compiled here and run by `nox -s airflow`"
MADE = "made from the code"
TRIED = "commands that install, stay or need another program, known by name"

# By page and line.
_done: dict[tuple[Path, int], str] = {}


def note(page: Path, line: int, what: str) -> None:
    """Record how a snippet was tested."""
    _done[page, line] = what


def missing() -> list[str]:
    """Return the snippets that were not tested."""
    return [f"{page.relative_to(ROOT)}:{line}" for page, line in _snippets() if (page, line) not in _done]


def summary() -> str:
    """Return the counts, or an empty text if no page was tested."""
    if not _done:
        return ""
    each = ", ".join(f"{number} {what}" for what, number in Counter(_done.values()).most_common())
    return f"snippets: {len(_snippets())} on {len(PAGES)} pages, {len(_done)} run or checked ({each})"


def _snippets() -> list[tuple[Path, int]]:
    """Return all snippets. Outputs and drawings don't count."""
    return [
        (page, line)
        for page in PAGES
        for line, info, _ in blocks(page, page.read_text())
        if not info.startswith("text")
    ]
