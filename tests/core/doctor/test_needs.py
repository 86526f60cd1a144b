"""How the names in a flow's code become checks."""

from __future__ import annotations

from airflow_compat.doctor._checks import Check
from airflow_compat.doctor._needs import Answer, Need, Unknown, merge, need_checks, unknown_checks


def test_needs_of_one_object_are_merged_with_the_most_slots() -> None:
    needs = [
        Need("variable", "a", "flows.py:3", has_default=True),
        Need("pool", "warehouse", "task 'load'", 2),
        Need("pool", "warehouse", "flows.py:9", 3),
        Need("variable", "a", "flows.py:3"),
    ]
    assert merge(needs) == {
        Need("pool", "warehouse", "task 'load'", 3): ["task 'load'", "flows.py:9"],
        Need("variable", "a", "flows.py:3"): ["flows.py:3"],
    }


def test_checks_say_where_the_name_is_used() -> None:
    need = Need("pool", "warehouse", "flows.py:1")
    [check] = need_checks(
        {need: [f"flows.py:{line}" for line in range(1, 6)]},
        {need: Answer("problem", "the server has no pool of this name")},
    )
    assert check == Check(
        "pool warehouse",
        "problem",
        "the server has no pool of this name; used by flows.py:1, flows.py:2, flows.py:3 and 2 more",
    )


def test_missing_object_with_a_default_is_a_note() -> None:
    need = Need("variable", "a", "flows.py:3", has_default=True)
    [check] = need_checks({need: ["flows.py:3"]}, {need: Answer("problem", "not there", "set it")})
    assert check.result == "note"
    assert "but the code has a default" in check.found


def test_without_an_answer_only_callbacks_are_checked() -> None:
    needs = {Need("pool", "p", "x"): ["x"], Need("callback", "page", "x"): ["x"]}
    assert [check.result for check in need_checks(needs, {})] == ["unknown", "ok"]


def test_unknown_names_are_listed_once() -> None:
    unknown = Unknown("get_connection(...)", "flows.py:3", "the name is computed when the code runs")
    [check] = unknown_checks([unknown, unknown])
    assert check == Check("get_connection(...)", "unknown", "flows.py:3: the name is computed when the code runs")
