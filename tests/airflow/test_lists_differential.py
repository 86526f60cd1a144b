"""The lists that were copied from Airflow, against Airflow's own."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from real_airflow import MAJOR, load

from airflow_compat import exceptions
from airflow_compat._airflow.context import AIRFLOW_KEYS
from airflow_compat._airflow.variable import SENSITIVE_WORDS, is_sensitive

MASKER = load("airflow.utils.log.secrets_masker" if MAJOR == "2" else "airflow.sdk._shared.secrets_masker")
EXCEPTIONS = load("airflow.exceptions")
WORDS = [*SENSITIVE_WORDS, "plain", "pass_word", "key"]
CONTEXT = load("airflow.utils.context" if MAJOR == "2" else "airflow.sdk.definitions.context")


@pytest.mark.parametrize("word", sorted(MASKER.DEFAULT_SENSITIVE_FIELDS))
def test_each_of_airflows_sensitive_words_is_one_here(word: str) -> None:
    assert is_sensitive(word)


@pytest.mark.skipif(MAJOR == "2", reason="Airflow 2.11 knows fewer words; the list is that of 3.3")
@given(st.text(max_size=4), st.sampled_from(WORDS), st.sampled_from(["_", "-", " ", ". "]), st.text(max_size=4))
@settings(max_examples=500)
def test_a_name_is_sensitive_where_airflow_says_so(before: str, word: str, joint: str, after: str) -> None:
    name = before + word.replace("_", joint) + after
    for spelling in (name, name.upper()):
        assert is_sensitive(spelling) == MASKER.should_hide_value_for_key(spelling)


@pytest.mark.parametrize("name", ["AirflowException", "AirflowNotFoundException"])
def test_an_exception_has_airflows_name_bases_and_status(name: str) -> None:
    ours, airflows = getattr(exceptions, name), getattr(EXCEPTIONS, name)
    assert [base.__name__ for base in ours.__mro__] == [base.__name__ for base in airflows.__mro__]
    assert ours.status_code == airflows.status_code


def test_the_context_keys_are_airflows() -> None:
    keys = set(CONTEXT.KNOWN_CONTEXT_KEYS) if MAJOR == "2" else set(CONTEXT.Context.__annotations__)
    # Only a DAG's own callbacks have a reason: a task's may ask for it in vain.
    assert keys - AIRFLOW_KEYS <= {"reason"}
