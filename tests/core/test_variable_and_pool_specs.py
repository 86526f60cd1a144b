"""Prefect's specs of variables and pools, and parts that they can't hold."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from strategies import json_values, pools, variables

from airflow_compat._airflow.names import block_name, variable_name
from airflow_compat._airflow.pool import Pool
from airflow_compat._airflow.sendable import is_rewritten, unsendable
from airflow_compat._airflow.variable import SENSITIVE_WORDS, VariableRecord, is_sensitive, text_from_value
from airflow_compat._prefect.specs import MARK, BlockSpec, LimitSpec, VariableSpec
from airflow_compat.errors import InvalidNameError
from airflow_compat.pools._specs import limit_from_pool
from airflow_compat.variables._specs import KEY_TAG, MAX_LENGTH, SECRET_SLUG, key_from_tags, spec_from_variable


@pytest.mark.parametrize("key", [*(f"My_{word.upper()}.x" for word in SENSITIVE_WORDS), "my-api-key", "Private.Key"])
def test_a_sensitive_variable_is_a_secret(key: str) -> None:
    spec, notes = spec_from_variable(VariableRecord(key, "qxzjkwvq"))
    assert spec == BlockSpec(SECRET_SLUG, block_name(key), {"value": "qxzjkwvq", MARK: {"key": key}})
    assert notes == ["a sensitive name: Prefect's variables are plain text"]
    assert "qxzjkwvq" not in f"{spec!r} {spec} {notes}"


def test_reason_for_the_place_is_noted_first() -> None:
    place, lost = spec_from_variable(VariableRecord("api_key", "x", "what it is for"))[1]
    assert place.startswith("a sensitive name")
    assert lost == "the description has no place in Prefect"


@pytest.mark.parametrize(("length", "plain"), [(MAX_LENGTH - 3, True), (MAX_LENGTH - 2, False), (MAX_LENGTH, False)])
def test_a_variable_that_is_too_long_is_a_secret(length: int, plain: bool) -> None:
    # Its JSON has two quotes more.
    spec, notes = spec_from_variable(VariableRecord("k", "x" * length))
    assert spec.name == "k"
    assert isinstance(spec, VariableSpec) is plain
    assert notes == ([] if plain else ["longer than a Prefect variable may be (5000 characters)"])


@pytest.mark.parametrize("value", ["é" * 1000, {"a": ["x" * 5000]}])
def test_the_length_is_that_of_the_json(value: object) -> None:
    assert isinstance(spec_from_variable(VariableRecord("k", value))[0], BlockSpec)


@pytest.mark.parametrize(("key", "tags"), [("plain", ()), ("a-b_c", ()), ("My.Key", (KEY_TAG + "My.Key",))])
def test_key_is_a_tag_if_it_differs_from_the_name(key: str, tags: tuple[str, ...]) -> None:
    spec, notes = spec_from_variable(VariableRecord(key, 5))
    assert spec == VariableSpec(variable_name(key), 5, tags)
    assert notes == []


@given(variables)
def test_a_variable_keeps_its_key_and_its_value(variable: VariableRecord) -> None:
    spec, notes = spec_from_variable(variable)
    if isinstance(spec, VariableSpec):
        assert not is_sensitive(variable.key)
        assert len(json.dumps(variable.value)) < MAX_LENGTH
        assert key_from_tags(spec.tags, spec.name) == variable.key
        is_text = unsendable(variable.value) or is_rewritten(variable.value)
        assert spec.value == (text_from_value(variable.value) if is_text else variable.value)
        assert re.fullmatch("[a-z0-9_-]+", spec.name)
    else:
        assert spec.data["value"] in (variable.value, text_from_value(variable.value))
        assert spec.data[MARK] == {"key": variable.key}
        assert re.fullmatch("[a-z0-9-]+", spec.name)
    assert ("the description has no place in Prefect" in notes) is bool(variable.description)


def test_a_variable_without_a_key_is_refused() -> None:
    with pytest.raises(InvalidNameError):
        spec_from_variable(VariableRecord("", 5))


@given(json_values)
def test_a_value_that_is_not_text_becomes_json(value: object) -> None:
    text = text_from_value(value)
    assert text == value if isinstance(value, str) else json.loads(text) == value


def test_the_text_of_an_object_is_indented_as_airflow_does_it() -> None:
    assert text_from_value({"a": 1}) == '{\n  "a": 1\n}'


@pytest.mark.parametrize(
    ("tags", "key"),
    [((), "name"), (("prod",), "name"), (("prod", KEY_TAG + "My.Key"), "My.Key"), ((KEY_TAG + "a:b",), "a:b")],
)
def test_key_from_tags(tags: tuple[str, ...], key: str) -> None:
    assert key_from_tags(tags, "name") == key


@pytest.mark.parametrize(
    ("pool", "spec", "notes"),
    [
        (Pool("p", 3), LimitSpec("p", 3), []),
        (Pool("p", 0), LimitSpec("p", 0), []),
        (Pool("a/b", 3, "d"), LimitSpec("a-b", 3), ["the description has no place in Prefect"]),
        (Pool("p", -1), LimitSpec("p", 2**31 - 1), ["unlimited: stored as the largest limit"]),
        (
            Pool("p", 3, include_deferred=True),
            LimitSpec("p", 3),
            ["include_deferred is dropped: Prefect tasks never defer, so a waiting task keeps its slots"],
        ),
    ],
)
def test_a_pool_is_an_active_limit(pool: Pool, spec: LimitSpec, notes: list[str]) -> None:
    assert limit_from_pool(pool) == (spec, notes)
    assert spec.active


@given(pools)
def test_pool_fields_that_a_limit_lacks_are_noted(pool: Pool) -> None:
    spec, notes = limit_from_pool(pool)
    assert spec.limit == pool.slots or (pool.slots, spec.limit) == (-1, 2**31 - 1)
    assert len(notes) == sum([pool.slots == -1, pool.include_deferred, bool(pool.description)])
