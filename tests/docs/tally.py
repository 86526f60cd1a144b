"""How many snippets the pages have, and what was done with each: what `nox -s docs` prints at its end."""

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
TRIED = "commands that install, stay or need another program, known by name"

# By page and line.
_done: dict[tuple[Path, int], str] = {}


def note(page: Path, line: int, what: str) -> None:
    """Say what was done with the snippet."""
    _done[page, line] = what


def missing() -> list[str]:
    """The snippets with which nothing was done."""
    return [f"{page.relative_to(ROOT)}:{line}" for page, line in _snippets() if (page, line) not in _done]


def summary() -> str:
    """The counts, or nothing where no page was run."""
    if not _done:
        return ""
    each = ", ".join(f"{number} {what}" for what, number in Counter(_done.values()).most_common())
    return f"snippets: {len(_snippets())} on {len(PAGES)} pages, {len(_done)} run or checked ({each})"


def _snippets() -> list[tuple[Path, int]]:
    """All of them; outputs and drawings are none."""
    return [
        (page, line)
        for page in PAGES
        for line, info, _ in blocks(page, page.read_text())
        if not info.startswith("text")
    ]
