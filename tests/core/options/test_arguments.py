"""The tables of arguments, their messages, and the backoff."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_compat._airflow.argument_table import Argument, Table, check_arguments, check_spelling
from airflow_compat._airflow.argument_values import mapping, seconds, text, whole
from airflow_compat._airflow.task_arguments import OF_THE_DAG, TASK_ARGUMENTS
from airflow_compat.errors import InvalidArgumentError, UnsupportedFeatureError
from airflow_compat.options._backoff import LONGEST, Backoff, multiplier_of
from airflow_compat.options._dag_arguments import DAG_ARGUMENTS
from airflow_compat.options._outputs import returns_mapping

ROWS = [*TASK_ARGUMENTS.values(), *DAG_ARGUMENTS.values()]


class Rule(str, Enum):
    ALL_SUCCESS = "all_success"
    ALL_DONE = "all_done"


@pytest.mark.parametrize("table", [TASK_ARGUMENTS, DAG_ARGUMENTS])
def test_each_row_has_a_text(table: Table) -> None:
    assert all(name == row.name for name, row in table.items())
    for row in table.values():
        assert len(row.here) > 5
        assert not row.here.endswith(".")
    assert DAG_ARGUMENTS.keys() & TASK_ARGUMENTS.keys() >= OF_THE_DAG


@pytest.mark.parametrize(
    ("name", "value", "asks"),
    [
        ("trigger_rule", "all_success", False),
        ("trigger_rule", Rule.ALL_SUCCESS, False),
        ("trigger_rule", Rule.ALL_DONE, True),
        ("trigger_rule", None, False),
        ("depends_on_past", False, False),
        ("depends_on_past", 0, True),
        ("depends_on_past", True, True),
        ("ignore_first_depends_on_past", True, False),
        ("ignore_first_depends_on_past", False, False),
        ("retries", 0, False),
        ("inlets", [], False),
        ("inlets", ["a"], True),
        ("executor_config", {}, False),
        ("run_as_user", "", True),
    ],
)
def test_default_values_have_no_effect(name: str, value: Any, asks: bool) -> None:
    assert TASK_ARGUMENTS[name].asks_for_nothing(value) is not asks
    if asks:
        with pytest.raises(UnsupportedFeatureError, match=f"^etl: {name} has no counterpart in Prefect: "):
            list(check_arguments("etl", {name: value}, TASK_ARGUMENTS))
    else:
        assert list(check_arguments("etl", {name: value}, TASK_ARGUMENTS)) == []


def test_classes_are_known_by_their_names() -> None:
    class StrictUndefined: ...

    class Undefined: ...

    assert DAG_ARGUMENTS["template_undefined"].asks_for_nothing(StrictUndefined)
    assert not DAG_ARGUMENTS["template_undefined"].asks_for_nothing(Undefined)


@pytest.mark.parametrize("row", [row for row in ROWS if row.fate == "approximated"], ids=lambda row: row.name)
def test_approximated_arguments_warn(row: Argument) -> None:
    (message,) = check_arguments("etl", {row.name: object()}, {row.name: row})
    assert message == (row.shared or f"etl: {row.name} differs from Airflow's: {row.here}")


def test_messages_contain_no_values() -> None:
    with pytest.raises(UnsupportedFeatureError) as caught:
        list(check_arguments("etl", {"executor_config": {"token": "open-sesame"}}, TASK_ARGUMENTS))
    assert "open-sesame" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("retrys", "Did you mean 'retries'?"),
        ("on_failure_callbacks", "Did you mean 'on_failure_callback'?"),
        ("x", "See docs/reference/arguments.md"),
    ],
)
def test_an_unknown_argument_is_refused_with_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(InvalidArgumentError, match=re.escape(f"etl: {name!r} is not an Airflow argument. {hint}")):
        list(check_arguments("etl", {name: 1}, TASK_ARGUMENTS))


def test_default_args_may_have_arguments_of_other_operators_but_no_misspelt_name() -> None:
    check_spelling(
        "default_args", {"postgres_conn_id": "shop_db", "retries": 2, "provide_context": True}, TASK_ARGUMENTS
    )
    with pytest.raises(InvalidArgumentError, match="Did you mean 'retry_delay'"):
        check_spelling("default_args", {"retry_delays": 2}, TASK_ARGUMENTS)


@pytest.mark.parametrize("value", [-1, 1.5, True, "x", None])
def test_invalid_whole_numbers(value: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"etl: retries is .*. Use a whole number of at least 0"):
        whole("etl", "retries", value)


def test_values() -> None:
    assert whole("etl", "retries", "3") == 3
    assert seconds("etl", "retry_delay", 1.5) == 1.5
    assert seconds("etl", "retry_delay", timedelta(minutes=2)) == 120.0
    assert text("etl", "pool", "a") == "a"
    assert mapping("etl", "default_args", None) == {}


@pytest.mark.parametrize("value", [-1, timedelta(seconds=-1), True, "5", None])
def test_invalid_durations(value: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"Use a timedelta or seconds of at least 0"):
        seconds("etl", "retry_delay", value)
    with pytest.raises(InvalidArgumentError, match=r"Use a timedelta of at least 0"):
        seconds("etl", "execution_timeout", 5, only_timedelta=True)


def test_invalid_texts_and_mappings() -> None:
    for value in ("", 5, None):
        with pytest.raises(InvalidArgumentError, match="Use a text"):
            text("etl", "pool", value)
    with pytest.raises(InvalidArgumentError, match=r"default_args is of type list\. Use a dict"):
        mapping("etl", "default_args", ["retries"])


@given(
    delay=st.floats(0, 1e6),
    multiplier=st.floats(0.1, 50),
    longest=st.none() | st.floats(0.5, 1e6),
    try_number=st.integers(1, 3000),
)
def test_delay_is_between_once_and_twice_its_minimum(
    delay: float, multiplier: float, longest: float | None, try_number: int
) -> None:
    backoff = Backoff(delay, multiplier, longest)
    date = datetime(2026, 11, 22, tzinfo=timezone.utc)
    found = backoff.seconds(try_number, dag_id="etl", task_id="load", logical_date=date)
    least = backoff.least(try_number)
    assert 0 < found <= (longest or LONGEST)
    assert backoff.capped(min(least, LONGEST)) <= found <= 2 * least
    assert found == backoff.seconds(try_number, dag_id="etl", task_id="load", logical_date=date)


def test_the_recorded_delays() -> None:
    """The delays of 2.11.0 and 3.3.2."""
    date = datetime(2026, 11, 22, 13, 5, tzinfo=timezone.utc)
    backoff = Backoff(300.0)
    found = [backoff.seconds(number, dag_id="etl", task_id="load", logical_date=date) for number in range(1, 6)]
    assert found == [544.0, 800.0, 2021.0, 4375.0, 7355.0]


@pytest.mark.parametrize(("value", "two", "three"), [(True, 2.0, 2.0), (False, None, None)], ids=repr)
def test_multipliers(value: Any, two: float | None, three: float | None) -> None:
    assert multiplier_of(value, "2") == two
    assert multiplier_of(value, "3") == three


@pytest.mark.parametrize(("value", "three"), [(0, None), (1, None), (1.5, 1.5), (3, 3.0), (-2, None)])
def test_number_as_backoff_needs_airflow_3(value: Any, three: float | None) -> None:
    assert multiplier_of(value, "3") == three
    with pytest.raises(InvalidArgumentError, match="Use True or False"):
        multiplier_of(value, "2")
    with pytest.raises(InvalidArgumentError, match="Use True, False or a number"):
        multiplier_of("2", "3")


def test_dict_is_detected_by_its_annotation() -> None:
    def plain() -> dict: ...  # type: ignore[type-arg, empty-body]
    def typed() -> dict[str, int]: ...  # type: ignore[empty-body]
    def number() -> int: ...  # type: ignore[empty-body]
    def nothing(): ...  # type: ignore[no-untyped-def]
    def unknown() -> Nowhere: ...  # type: ignore[name-defined] # noqa: F821
    async def awaited() -> dict[str, int]: ...  # type: ignore[empty-body]

    found = [returns_mapping(each) for each in (plain, typed, number, nothing, unknown, awaited, staticmethod(typed))]
    assert found == [True, True, False, False, False, True, True]
