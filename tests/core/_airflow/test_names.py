"""Prefect names for Airflow ids: valid, stable and distinct."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_compat._airflow.names import artifact_key, block_name, collisions, is_id, limit_name, variable_name
from airflow_compat.errors import InvalidNameError

some_text = st.text(min_size=1)
foreign_ids = some_text.filter(lambda id_: not id_.isascii())


@pytest.mark.parametrize(
    ("id_", "name"),
    [
        ("pg", "pg"),
        ("AWS.Prod", "aws-prod"),
        ("postgres_default", "postgres-default"),
        ("a b/c", "a-b-c"),
        ("-a-", "-a-"),
        ("_", "-"),
        ("...", "---"),
        ("caf\u00e9", "cafe-850f7dc439"),
        ("\u540d\u524d", "7ec2629241"),
    ],
)
def test_block_name(id_: str, name: str) -> None:
    assert block_name(id_) == name


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("plain", "plain"),
        ("My.Key", "my_key"),
        ("a-b_c", "a-b_c"),
        ("a b", "a_b"),
        ("caf\u00e9", "cafe_850f7dc439"),
    ],
)
def test_variable_name(key: str, name: str) -> None:
    assert variable_name(key) == name


@pytest.mark.parametrize(
    ("pool", "name"),
    [
        ("default_pool", "default_pool"),
        ("My Pool", "My Pool"),
        ("a/b%c&d>e<f", "a-b-c-d-e-f"),
        ("tag:gpu", "tag-gpu"),
        ("a tag:gpu", "a tag:gpu"),
        ("caf\u00e9", "caf\u00e9"),
    ],
)
def test_limit_name(pool: str, name: str) -> None:
    assert limit_name(pool) == name


@given(some_text)
@example("\u212a\u0130\ufb01\ufdfa")
def test_a_block_name_is_legal(id_: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", block_name(id_))


@given(some_text)
def test_a_variable_name_is_legal(key: str) -> None:
    assert re.fullmatch(r"[a-z0-9_-]+", variable_name(key))


@given(st.text(st.sampled_from("/%&><:tag") | st.characters(codec="utf-8"), min_size=1))
@example("tag:tag:")
@example("tag:/")
def test_a_limit_name_is_legal(pool: str) -> None:
    name = limit_name(pool)
    assert name
    assert not set(name) & set("/%&><")
    assert not name.startswith("tag:")


# Airflow's ids are at most 250 characters long, Prefect's variable names 255.
@pytest.mark.parametrize("rename", [block_name, variable_name])
@pytest.mark.parametrize("letter", ["a", "\u00e9", "\u33ae", "\u540d"])
def test_long_id_is_shortened(rename: Callable[[str], str], letter: str) -> None:
    assert len(rename(letter * 250)) <= 255


@pytest.mark.parametrize("rename", [block_name, variable_name, limit_name])
@given(id_=some_text)
def test_valid_name_is_unchanged(rename: Callable[[str], str], id_: str) -> None:
    name = rename(id_)
    assert rename(id_) == rename(name) == name


@pytest.mark.parametrize("rename", [block_name, variable_name])
@given(one=foreign_ids, other=some_text)
@example(one="\u540d", other="\u524d")
@example(one="caf\u00e9", other="cafe")
@example(one="caf\u00e9", other="cafe\u0301")
def test_non_ascii_ids_get_distinct_names(rename: Callable[[str], str], one: str, other: str) -> None:
    assert one == other or rename(one) != rename(other)


@pytest.mark.parametrize("rename", [block_name, variable_name, limit_name])
def test_id_of_another_type_is_an_error(rename: Callable[[Any], str]) -> None:
    with pytest.raises(InvalidNameError, match="the id 5 is of type int"):
        rename(5)


@pytest.mark.parametrize("rename", [artifact_key, block_name, variable_name, limit_name])
@pytest.mark.parametrize("id_", ["\ud800", "a\udcff", "\ude00\ud83d"])
def test_an_id_with_half_a_surrogate_pair_is_an_error(rename: Callable[[str], str], id_: str) -> None:
    with pytest.raises(InvalidNameError, match="holds half a surrogate pair, which a request can't carry") as caught:
        rename(id_)
    assert str(caught.value).encode()
    assert not is_id(id_)


@pytest.mark.parametrize("rename", [block_name, variable_name, limit_name])
def test_empty_id_error_has_next_step(rename: Callable[[str], str]) -> None:
    with pytest.raises(InvalidNameError, match=r"an empty id has no Prefect name. Give the .* an id") as caught:
        rename("")
    assert isinstance(caught.value, ValueError)


def test_collisions_name_the_ids_in_their_order() -> None:
    ids = ["a_b", "x", "a-b", "A.B", "a_b", "y"]
    assert collisions(ids, block_name) == {"a-b": ["a_b", "a-b", "A.B"]}
    assert collisions(ids, variable_name) == {"a_b": ["a_b", "A.B"]}
    assert collisions(ids, limit_name) == {}


def test_repeated_id_is_not_a_collision() -> None:
    assert collisions(["a", "a"], block_name) == {}


@given(st.lists(st.text("aA_-.b/", min_size=1, max_size=3)))
def test_ids_without_collisions_have_distinct_names(ids: list[str]) -> None:
    for rename in (block_name, variable_name, limit_name):
        shared = collisions(ids, rename)
        assert all(rename(id_) == name for name, same in shared.items() for id_ in same)
        assert all(len(set(same)) == len(same) > 1 for same in shared.values())
        rest = {id_ for id_ in ids if rename(id_) not in shared}
        assert len({rename(id_) for id_ in rest}) == len(rest)
