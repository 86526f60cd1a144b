"""`.airflowignore` in both syntaxes."""

from __future__ import annotations

import pytest

from airflow_compat._dag_source.ignore import IgnoreSyntax, is_ignored, read_ignore_rules


def ignored(text: str, path: str, *, folder: str = "", is_folder: bool = False, syntax: IgnoreSyntax = "glob") -> bool:
    rules, problems = read_ignore_rules(text, folder, syntax)
    assert problems == []
    return is_ignored(path, rules, is_folder=is_folder)


@pytest.mark.parametrize(
    ("line", "path", "expected"),
    [
        ("sales.py", "sales.py", True),
        ("sales.py", "team/sales.py", True),
        ("/sales.py", "sales.py", True),
        ("/sales.py", "team/sales.py", False),
        ("team/sales.py", "team/sales.py", True),
        ("team/sales.py", "x/team/sales.py", False),
        ("**/sales.py", "x/y/sales.py", True),
        ("team/**/sales.py", "team/sales.py", True),
        ("team/**", "team/a/b.py", True),
        ("*_test.py", "a/sales_test.py", True),
        ("*_test.py", "sales.py", False),
        ("s?les.py", "sales.py", True),
        ("[st]ales.py", "tales.py", True),
        ("[!st]ales.py", "tales.py", False),
        ("a*b.py", "a/b.py", False),
        (r"\*.py", "x.py", False),
        ("sales.py # a comment", "sales.py", True),
        ("# sales.py", "sales.py", False),
        ("sales/", "sales", False),
    ],
)
def test_globs(line: str, path: str, expected: bool) -> None:
    assert ignored(line, path) is expected


def test_folders_and_exceptions() -> None:
    assert ignored("helpers/", "team/helpers", is_folder=True)
    assert ignored("*.py\n!sales.py", "stock.py")
    assert not ignored("*.py\n!sales.py", "sales.py")
    assert ignored("!sales.py\n*.py", "sales.py")


def test_pattern_is_relative_to_its_folder() -> None:
    assert ignored("/sales.py", "team/sales.py", folder="team")
    assert not ignored("/sales.py", "team/x/sales.py", folder="team")


def test_regular_expressions_search_the_path_from_the_top() -> None:
    assert ignored("team_[ab]", "x/team_a/y.py", folder="x", syntax="regexp")
    assert not ignored("^team_a", "x/team_a/y.py", folder="x", syntax="regexp")


def test_invalid_pattern_is_reported_and_skipped() -> None:
    rules, problems = read_ignore_rules("a(\nb\n", "", "regexp")
    assert len(rules) == 1
    assert "line 1 is not a valid regexp" in problems[0]
    assert read_ignore_rules("/\n", "", "glob")[1]
