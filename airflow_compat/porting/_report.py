"""The texts and tables of the report about an assessment, for the terminal, Markdown and HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ._assessment import RANKS, Answer, Assessment
from ._baseline import Change
from ._causes import Verdict

VERDICTS: Mapping[Verdict, str] = MappingProxyType(
    {
        "unedited": "run unedited",
        "hosted": "run with an Airflow host",
        "rewrite": "run after a rewrite",
        "unknown": "can't be loaded here",
        "person": "need manual edits",
    }
)
_ANSWERS: Mapping[Answer, str] = MappingProxyType(
    {
        "move": "Move: most DAGs run as they are, with their operators in an Airflow host, or after a rewrite.",
        "try": "Try the first wave, and decide then: many DAGs need work.",
        "stay": "Stay with Airflow for now: few DAGs run without work.",
        "unknown": "No suggestion yet: most files can't be loaded here, or there are no DAGs.",
    }
)
RULE_OF_THUMB = "Efforts are rules of thumb: the minutes for each kind of problem, added up."
_MOST_ROWS = 20


@dataclass(frozen=True)
class Table:
    """A table of the report.

    Attributes:
        more: The number of rows that are left out.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0


def answer_text(assessment: Assessment) -> str:
    """Return the advice in words, with the number of files that can't be loaded."""
    unknown = assessment.dags["unknown"]
    files = "1 file" if unknown == 1 else f"{unknown} files"
    more = f" {files} can't be loaded here: install the imported packages, and assess again." if unknown else ""
    return _ANSWERS[assessment.answer] + more


def places_text(number: int) -> str:
    return "1 place" if number == 1 else f"{number} places"


def effort_text(minutes: tuple[int, int]) -> str:
    """Return a range of minutes as text: in minutes, hours, or days of 8 hours."""
    for size, unit in ((480, "days"), (60, "hours")):
        if minutes[1] >= 2 * size:
            low, high = minutes[0] / size, minutes[1] / size
            return f"{low:.1f}-{high:.1f} {unit}"
    return f"{minutes[0]}-{minutes[1]} minutes" if minutes[1] else "none"


def change_text(change: Change, now: Assessment) -> str:
    """Return text about the changes since the baseline."""
    before = effort_text(change.minutes)
    return (
        f"Since the baseline: {change.gone} problem{'s' * (change.gone != 1)} gone, {change.new} new; effort {before} "
        f"before, {effort_text(now.minutes)} now."
    )


def tables(assessment: Assessment) -> Iterator[Table]:
    """Yield the tables of the report that have rows."""
    total = sum(assessment.dags.values())
    yield _table(
        "DAGs",
        ("DAGs", "", "share"),
        [
            (str(assessment.dags[verdict]), text, f"{assessment.dags[verdict] / total:.0%}")
            for verdict, text in VERDICTS.items()
            if assessment.dags[verdict]
        ],
    )
    waves: dict[int, list[int]] = {}
    for file in assessment.files:
        counts = waves.setdefault(file.wave, [0, 0, 0, 0])
        counts[0] += 1
        counts[1] += len(file.dag_ids)
        counts[2] += file.minutes[0]
        counts[3] += file.minutes[1]
    numbers = {wave: number for number, wave in enumerate(sorted(waves), 1)}
    yield _table(
        "Order of moves",
        ("wave", "verdict", "files", "DAGs", "effort"),
        [
            (str(numbers[wave]), VERDICTS[RANKS[wave - 1]], str(files), str(dags), effort_text((low, high)))
            for wave, (files, dags, low, high) in sorted(waves.items())
        ],
    )
    yield _table(
        "Causes",
        ("code", "cause", "places", "files", "effort"),
        [
            (each.cause.code, each.cause.title, str(len(each.issues)), str(each.files), effort_text(each.minutes))
            for each in assessment.causes
        ],
    )
    yield _table(
        "Modules that many DAG files import",
        ("module", "DAG files", "DAGs", "imports Airflow"),
        [
            (module.path, str(module.dag_files), str(module.dags), "yes" if module.uses_airflow else "no")
            for module in assessment.modules
        ],
    )
    yield _table(
        "Pools that several files share",
        ("pool", "files"),
        [(name, str(len(files))) for name, files in assessment.pools.items()],
    )
    yield _table(
        "Files that move together",
        ("file", "with"),
        [(file.path, ", ".join(file.together)) for file in assessment.files if file.together],
    )


def _table(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    return Table(title, columns, tuple(rows[:_MOST_ROWS]), max(0, len(rows) - _MOST_ROWS))
