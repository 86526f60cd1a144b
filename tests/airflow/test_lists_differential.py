"""The lists that were copied from Airflow, against Airflow's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from real_airflow import MAJOR, load

from airflow_compat import exceptions
from airflow_compat._airflow.context import AIRFLOW_KEYS
from airflow_compat._airflow.variable import SENSITIVE_WORDS, is_sensitive

MASKER = load("airflow.utils.log.secrets_masker" if MAJOR == "2" else "airflow.sdk._shared.secrets_masker")
EXCEPTIONS = load("airflow.exceptions")
CONTEXT = load("airflow.utils.context" if MAJOR == "2" else "airflow.sdk.definitions.context")


def test_the_sensitive_words_are_airflows() -> None:
    words = set(MASKER.DEFAULT_SENSITIVE_FIELDS)
    assert words <= set(SENSITIVE_WORDS) if MAJOR == "2" else words == set(SENSITIVE_WORDS)


@pytest.mark.skipif(MAJOR == "2", reason="2.11 knows fewer words")
@given(st.text(max_size=4), st.sampled_from([*SENSITIVE_WORDS, "plain", "pass_word"]), st.text(max_size=4))
def test_a_name_is_sensitive_where_airflow_says_so(before: str, word: str, after: str) -> None:
    for name in (before + word + after, before + word.upper() + after):
        assert is_sensitive(name) == MASKER.should_hide_value_for_key(name)


@pytest.mark.parametrize("name", ["AirflowException", "AirflowNotFoundException"])
def test_an_exception_has_airflows_name_bases_and_status(name: str) -> None:
    ours, airflows = getattr(exceptions, name), getattr(EXCEPTIONS, name)
    assert [base.__name__ for base in ours.__mro__] == [base.__name__ for base in airflows.__mro__]
    assert ours.status_code == airflows.status_code


def test_the_context_keys_are_airflows() -> None:
    keys = set(CONTEXT.KNOWN_CONTEXT_KEYS) if MAJOR == "2" else set(CONTEXT.Context.__annotations__)
    assert keys - AIRFLOW_KEYS == set()
