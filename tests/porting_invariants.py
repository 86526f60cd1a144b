"""What holds for each file that `rewrite` changes."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable

from porting_checks import comments

from airflow_compat._dag_source.syntax import check_syntax
from airflow_compat.porting._file import PythonFile
from airflow_compat.porting._rewrite_file import FileRewrite, findings_of, rewrite_file
from airflow_compat.porting._rule import Finding
from airflow_compat.porting._rules import RULES

KEEPS_AIRFLOW = ("AC102", "AC103", "AC107", "AC108")
"""The codes of findings that say why an import of Airflow stays."""


def check_rewrite(path: str, data: bytes, *, unsafe: bool = False) -> FileRewrite:
    """Rewrite the text of a file, and check what holds for each file. Returns the rewritten file."""
    rules = tuple(RULES.values())
    made = rewrite_file(path, data, rules, unsafe=unsafe)
    assert made.problem == ""
    check_syntax(made.after)
    assert comments(made.after) == comments(data)
    # A second rewrite is empty, and finds only what the first one left.
    again = rewrite_file(path, made.after, rules, unsafe=unsafe)
    assert again.after == made.after
    assert again.fixed == ()
    assert _named(again.left) == _named(made.left)
    # Each fix alone removes its finding.
    for code in {each.code for each in made.fixed}:
        alone = rewrite_file(path, data, (RULES[code],), unsafe=unsafe)
        assert alone.fixed
        assert _named(findings_of(PythonFile(alone.after, path), (RULES[code],))) == _named(alone.left)
    lines = {each.line for each in again.left if each.code in KEEPS_AIRFLOW}
    for node in airflow_imports(path, made.after):
        assert lines & {*range(node.lineno, (node.end_lineno or 0) + 1)}, ast.unparse(node)
    return made


def airflow_imports(path: str, data: bytes) -> list[ast.Import | ast.ImportFrom]:
    """Return the statements that import Airflow."""
    return [node for _, node in PythonFile(data, path).airflow_imports]


def _named(findings: Iterable[Finding]) -> Counter[tuple[str, str]]:
    """Return findings without their lines, which an edit may move."""
    return Counter((each.code, each.message) for each in findings)
