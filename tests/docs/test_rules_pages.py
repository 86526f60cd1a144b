"""Generate `docs/reference/rules/` from the codes: `python tests/docs/test_rules_pages.py`."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from airflow_compat.porting import CAUSES, RULES, Cause, Rule
from airflow_compat.porting._report import VERDICTS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference" / "rules"

_INDEX = """\
# Codes of `rewrite` and `assess`

`airflow-compat explain CODE` prints a page. The meaning of a code never changes.

## Rules

[`airflow-compat rewrite`](../../how-to/rewrite.md) applies these rules. Each rule has a tier:

- **safe**: the change keeps the code's behaviour.
- **unsafe**: the change may alter the code's behaviour. The command makes such changes only with `--unsafe`.
- **display-only**: the command changes nothing, but lists the place and the next step.

| Code | Rule | Tier |
|---|---|---|
"""


_CAUSES = """
## Problems

[`airflow-compat assess`](../../how-to/assess.md) finds these problems. The minutes for each
occurrence are a rule of thumb.

| Code | Problem | Files with this problem | Minutes |
|---|---|---|---|
"""
_AT_BEST = {
    "unedited": "A file with this problem runs unedited.",
    "hosted": "A file with this problem runs with an [Airflow host](../../how-to/hosts.md).",
    "rewrite": "A file with this problem runs after [a rewrite](../../how-to/rewrite.md).",
    "unknown": "A file with this problem can't be loaded, so it can't be assessed.",
    "person": "A person must edit a file with this problem.",
}


def pages() -> dict[Path, str]:
    """Return the expected text of each page."""
    rows = "".join(
        f"| [{rule.code}]({rule.code.lower()}.md) | {rule.name} | {rule.tier} |\n" for rule in RULES.values()
    )
    texts = {FOLDER / f"{rule.code.lower()}.md": _page(rule) for rule in RULES.values()}
    texts |= {FOLDER / f"{cause.code.lower()}.md": _cause_page(cause) for cause in CAUSES.values()}
    causes = "".join(
        f"| [{each.code}]({each.code.lower()}.md) | {each.title} | {VERDICTS[each.verdict]} | {_minutes(each)} |\n"
        for each in CAUSES.values()
    )
    return {FOLDER / "index.md": _INDEX + rows + _CAUSES + causes, **texts}


def _cause_page(cause: Cause) -> str:
    effort = _minutes(cause) + " minutes" * bool(cause.minutes[1])
    rest = f"{_AT_BEST[cause.verdict]} Effort for each occurrence, as a rule of thumb: {effort}."
    return f"# {cause.code}: {cause.title}\n\n{cause.about}\n\n{rest}\n"


def _minutes(cause: Cause) -> str:
    low, high = cause.minutes
    return f"{low}-{high}" if high else "none"


def _page(rule: Rule) -> str:
    parts = [f"# {rule.code}: {rule.name}", f"Tier: {rule.tier}.", rule.about]
    if rule.after == rule.before:
        parts.append(f"The rule finds:\n\n```text\n{rule.before}```")
    else:
        lines = list(difflib.ndiff(rule.before.splitlines(keepends=True), rule.after.splitlines(keepends=True)))
        shown = "".join(f"{line[0]}{line[2:]}".replace(" \n", "\n") for line in lines if line[0] != "?")
        parts.append(f"```diff\n{shown}```")
    if rule.safety:
        parts.append(f"## Safety\n\n{rule.safety}")
    parts.append(f"## What stays\n\n```text\n{rule.unchanged}```")
    return "\n\n".join(parts) + "\n"


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.stem)
def test_page_matches_the_rule(path: Path) -> None:
    assert path.read_text() == pages()[path], f"run `python {Path(__file__).relative_to(ROOT)}`"


def test_each_page_has_a_rule() -> None:
    assert {*FOLDER.glob("*.md")} == {*pages()}


if __name__ == "__main__":
    for _path, _text in pages().items():
        _path.parent.mkdir(exist_ok=True)
        _path.write_text(_text)
