"""Airflow ids as Prefect names: always legal, always the same, and kept apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import any_text

from airflow_compat._airflow.names import block_name, collisions, limit_name, variable_name
from airflow_compat.errors import InvalidNameError

some_text = any_text.filter(bool)
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
@example("\udcff")
@example("\u212a\u0130\ufb01\ufdfa")
def test_a_block_name_is_legal(id_: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", block_name(id_))


@given(some_text)
@example("\udcff")
def test_a_variable_name_is_legal(key: str) -> None:
    assert re.fullmatch(r"[a-z0-9_-]+", variable_name(key))


@given(st.text(st.sampled_from("/%&><:tag") | st.characters(), min_size=1))
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
def test_a_long_id_has_a_name_that_is_not_too_long(rename: Callable[[str], str], letter: str) -> None:
    assert len(rename(letter * 250)) <= 255


@pytest.mark.parametrize("rename", [block_name, variable_name, limit_name])
@given(id_=some_text)
def test_a_name_that_is_legal_already_stays(rename: Callable[[str], str], id_: str) -> None:
    name = rename(id_)
    assert rename(id_) == rename(name) == name


@pytest.mark.parametrize("rename", [block_name, variable_name])
@given(one=foreign_ids, other=some_text)
@example(one="\u540d", other="\u524d")
@example(one="caf\u00e9", other="cafe")
@example(one="caf\u00e9", other="cafe\u0301")
def test_ids_that_are_not_ascii_keep_apart(rename: Callable[[str], str], one: str, other: str) -> None:
    assert one == other or rename(one) != rename(other)


@pytest.mark.parametrize("rename", [block_name, variable_name, limit_name])
def test_an_id_that_is_no_text_is_an_error(rename: Callable[[Any], str]) -> None:
    with pytest.raises(InvalidNameError, match="the id 5 is int, not text"):
        rename(5)


@pytest.mark.parametrize("rename", [block_name, variable_name, limit_name])
def test_an_empty_id_is_an_error_that_says_what_to_do(rename: Callable[[str], str]) -> None:
    with pytest.raises(InvalidNameError, match=r"an empty id has no Prefect name; give the .* an id") as caught:
        rename("")
    assert isinstance(caught.value, ValueError)


def test_collisions_name_the_ids_in_their_order() -> None:
    ids = ["a_b", "x", "a-b", "A.B", "a_b", "y"]
    assert collisions(ids, block_name) == {"a-b": ["a_b", "a-b", "A.B"]}
    assert collisions(ids, variable_name) == {"a_b": ["a_b", "A.B"]}
    assert collisions(ids, limit_name) == {}


def test_one_id_given_twice_is_no_collision() -> None:
    assert collisions(["a", "a"], block_name) == {}


@given(st.lists(st.text("aA_-.b/", min_size=1, max_size=3)))
def test_without_the_collisions_no_two_ids_share_a_name(ids: list[str]) -> None:
    for rename in (block_name, variable_name, limit_name):
        shared = collisions(ids, rename)
        assert all(rename(id_) == name for name, same in shared.items() for id_ in same)
        assert all(len(set(same)) == len(same) > 1 for same in shared.values())
        rest = {id_ for id_ in ids if rename(id_) not in shared}
        assert len({rename(id_) for id_ in rest}) == len(rest)
