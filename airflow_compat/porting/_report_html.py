"""An assessment as one HTML page without other files. The page follows the reader's light or dark theme."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from ._assessment import RANKS, AssessedFile, Assessment
from ._baseline import Change
from ._causes import Verdict
from ._report import RULE_OF_THUMB, VERDICTS, Table, answer_text, change_text, effort_text, places_text, tables

_STYLE = """
:root { color-scheme: light dark; --text: #1c2024; --soft: #60646c; --back: #ffffff; --card: #f4f5f7; --line: #d9dce1;
  --unedited: #2b7a4b; --hosted: #2f6fb3; --rewrite: #7a4fb5; --unknown: #80848d; --person: #b4541a; }
@media (prefers-color-scheme: dark) { :root { --text: #e8eaed; --soft: #a5a9b2; --back: #15181c; --card: #1f2329;
  --line: #363b43; --unedited: #4fb27a; --hosted: #6aa9ec; --rewrite: #b08be6; --unknown: #8d929c;
  --person: #e58a4e; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1.5rem 1rem 4rem; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
.answer { background: var(--card); border-left: .3rem solid var(--hosted); padding: .9rem 1.1rem; font-size: 1.1rem; }
.soft, summary .soft { color: var(--soft); }
.bar { display: flex; height: 2rem; border-radius: .3rem; overflow: hidden; }
.bar span { min-width: 2px; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; padding: 0; margin: .6rem 0; list-style: none; }
.legend i { display: inline-block; width: .8rem; height: .8rem; border-radius: .15rem; margin-right: .4rem; }
.unedited { background: var(--unedited); } .hosted { background: var(--hosted); }
.rewrite { background: var(--rewrite); } .unknown { background: var(--unknown); } .person { background: var(--person); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: break-word; }
td:last-child { white-space: nowrap; } td.path { white-space: normal; }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
details { border-bottom: 1px solid var(--line); padding: .4rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
summary i { display: inline-block; width: .7rem; height: .7rem; border-radius: 50%; margin-right: .5rem; }
li { overflow-wrap: anywhere; }
@media (max-width: 40rem) { th, td { font-size: .85rem; padding-right: .5rem; }
  th, td:last-child { white-space: normal; } }
"""


def html_of(assessment: Assessment, change: Change | None) -> str:
    """Return the assessment as an HTML page."""
    return "\n".join(_parts(assessment, change)) + "\n"


def _parts(assessment: Assessment, change: Change | None) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>From Airflow to Prefect</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    yield "<h1>From Airflow to Prefect: assessment</h1>"
    yield f'<p class="answer">{escape(answer_text(assessment))}</p>'
    yield f"<p><strong>Effort: {effort_text(assessment.minutes)}.</strong> "
    yield f'<span class="soft">{RULE_OF_THUMB}</span></p>'
    if change is not None:
        yield f"<p>{escape(change_text(change, assessment))}</p>"
    yield _bar(assessment)
    shown = [table for table in tables(assessment) if table.rows]
    # The bar shows the content of the first table.
    yield from (_table(table) for table in shown[1:])
    said = f"changes {places_text(assessment.rewritten)}, and leaves {assessment.left}."
    yield f"<p><code>airflow-compat rewrite</code> {said}</p>"
    yield "<h2>Files</h2>"
    wave = 0
    for file in assessment.files:
        if file.wave != wave:
            wave = file.wave
            number = sum(each.wave == wave for each in assessment.files)
            yield f"<h3>Files that {VERDICTS[RANKS[wave - 1]]}: {number}</h3>"
        yield _file(file)
    if assessment.shared:
        yield "<h2>Server</h2>\n<ul>"
        yield from (
            f"<li>{issue.code}: {escape(issue.message)}. {escape(issue.next)}</li>" for issue in assessment.shared
        )
        yield "</ul>"
    yield "</body>\n</html>"


def _bar(assessment: Assessment) -> str:
    counts: list[tuple[Verdict, int]] = [
        (verdict, assessment.dags[verdict]) for verdict in VERDICTS if assessment.dags[verdict]
    ]
    parts = "".join(f'<span class="{verdict}" style="flex: {number}"></span>' for verdict, number in counts)
    legend = "".join(f'<li><i class="{verdict}"></i>{number} {VERDICTS[verdict]}</li>' for verdict, number in counts)
    said = ", ".join(f"{number} {VERDICTS[verdict]}" for verdict, number in counts)
    note = '<p class="soft">A file that can\'t be loaded counts as one DAG.</p>' if assessment.dags["unknown"] else ""
    bar = f'<div class="bar" role="img" aria-label="{said}">{parts}</div>'
    return f'<h2>DAGs</h2>\n{bar}<ul class="legend">{legend}</ul>{note}'


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in table.columns)
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.rows)
    more = f'<p class="soft">and {table.more} more</p>' if table.more else ""
    return f'<h2>{escape(table.title)}</h2>\n<div class="scroll"><table><tr>{head}</tr>{rows}</table></div>{more}'


def _cell(text: str) -> str:
    if "/" not in text:
        return f"<td>{escape(text)}</td>"
    # A narrow screen breaks a path after these characters.
    parts = re.split("(?<=[/_])", text)
    return f'<td class="path">{"<wbr>".join(map(escape, parts))}</td>'


def _file(file: AssessedFile) -> str:
    effort = f", effort {effort_text(file.minutes)}" if file.issues else ""
    dags = escape(", ".join(file.dag_ids) or "no DAG was loaded")
    head = f'<i class="{file.verdict}"></i>{escape(file.path)} <span class="soft">{dags}{effort}</span>'
    issues = "".join(
        f"<li>{issue.code}, {escape(issue.place)}: {escape(issue.message)}. {escape(issue.next)}</li>"
        for issue in file.issues
    )
    links = [f"moves together with {path}" for path in file.together] + [f"shares {name}" for name in file.shares]
    others = "".join(f"<li>It {escape(text)}.</li>" for text in links)
    issues = issues or "<li>No problems were found.</li>"
    return f"<details><summary>{head}</summary><ul>{issues}{others}</ul></details>"
