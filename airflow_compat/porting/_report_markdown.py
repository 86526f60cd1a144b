"""An assessment as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from ._assessment import Assessment
from ._baseline import Change
from ._report import RULE_OF_THUMB, VERDICTS, answer_text, change_text, effort_text, places_text, tables


def markdown_of(assessment: Assessment, change: Change | None) -> str:
    """Return the assessment as Markdown."""
    return "\n".join(_lines(assessment, change)) + "\n"


def _lines(assessment: Assessment, change: Change | None) -> Iterator[str]:
    yield "# From Airflow to Prefect: assessment\n"
    yield f"**{answer_text(assessment)}**\n"
    yield f"Effort: {effort_text(assessment.minutes)}. {RULE_OF_THUMB}\n"
    yield f"`airflow-compat rewrite` changes {places_text(assessment.rewritten)}, and leaves {assessment.left}.\n"
    if change is not None:
        yield f"{change_text(change, assessment)}\n"
    for table in tables(assessment):
        if table.rows:
            yield f"## {table.title}\n"
            yield _row(table.columns)
            yield _row(("---",) * len(table.columns))
            yield from (_row(row) for row in table.rows)
            yield f"\nand {table.more} more\n" if table.more else ""
    yield "## Files\n"
    for file in assessment.files:
        yield f"### {file.path}\n"
        effort = effort_text(file.minutes)
        yield f"{', '.join(file.dag_ids) or 'No DAG was loaded'}: {VERDICTS[file.verdict]}. Effort: {effort}.\n"
        for issue in file.issues:
            yield f"- {issue.code}, {issue.place}: {issue.message}. {issue.next}"
        yield ""
    if assessment.shared:
        yield "## Server\n"
        yield from (f"- {issue.code}: {issue.message}. {issue.next}" for issue in assessment.shared)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
