"""The rules, by the examples that their pages show."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_compat.errors import RewriteError
from airflow_compat.porting import _rules
from airflow_compat.porting._file import PythonFile
from airflow_compat.porting._rewrite_file import FileRewrite, rewrite_file
from airflow_compat.porting._rule import Rule
from airflow_compat.porting._rules import RULES, chosen_rules
from airflow_compat.porting._topics import topic_of

EACH = pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)


def rewritten(source: str, rule: Rule) -> FileRewrite:
    return rewrite_file("etl.py", source.encode(), [rule], unsafe=True)


@EACH
def test_its_example_becomes_what_it_shows(rule: Rule) -> None:
    made = rewritten(rule.before, rule)
    assert made.after.decode() == rule.after
    assert made.problem == ""
    assert bool(made.fixed) is (rule.tier != "display-only")
    assert {each.code for each in (*made.fixed, *made.left)} == {rule.code}


@EACH
def test_a_second_time_nothing_changes(rule: Rule) -> None:
    made = rewritten(rule.after, rule)
    assert made.after.decode() == rule.after
    assert not made.fixed


@EACH
def test_it_leaves_similar_code_alone(rule: Rule) -> None:
    made = rewritten(rule.unchanged, rule)
    assert made == FileRewrite("etl.py", rule.unchanged.encode(), rule.unchanged.encode())


@EACH
def test_a_finding_has_a_next_step_if_no_edit_fixes_it(rule: Rule) -> None:
    for finding in rule.find(PythonFile(rule.before.encode(), "etl.py")):
        assert bool(finding.edits) is (finding.tier != "display-only")
        assert finding.edits or finding.next


def test_each_module_is_a_rule_of_its_name() -> None:
    names = sorted(path.stem for path in Path(_rules.__file__).parent.glob("ac*.py"))
    assert [code.lower() for code in RULES] == names
    assert len({rule.name for rule in RULES.values()}) == len(RULES)


def test_codes_choose_rules_by_their_start() -> None:
    assert [rule.code for rule in chosen_rules(["AC10"], ["AC101", "AC107"])] == [
        code for code in RULES if code.startswith("AC10") and code not in ("AC101", "AC107")
    ]
    assert [rule.code for rule in chosen_rules([], [])] == [*RULES]
    assert topic_of("ac101") is RULES["AC101"]


@pytest.mark.parametrize("code", ["", "AC9", "F401"])
def test_a_code_without_a_rule_is_an_error(code: str) -> None:
    with pytest.raises(RewriteError, match="No rule has the code"):
        chosen_rules([code], [])
    with pytest.raises(RewriteError, match="No rule or problem has the code"):
        topic_of(code)
