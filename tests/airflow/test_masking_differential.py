"""What is masked here, against what Airflow's own masker masks, from its shortest secret on."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from real_airflow import MAJOR, load

from airflow_compat._airflow.secret_texts import MASK, MIN_LENGTH, SecretTexts

MASKER = load("airflow.utils.log.secrets_masker" if MAJOR == "2" else "airflow.sdk._shared.secrets_masker")

secrets = st.text("aA0/:@ %", min_size=1, max_size=8)
names = st.sampled_from(["password", "my_token", "Api_Key", "region", "extra__secret", "host"])


def _airflow_masker() -> Any:
    masker = MASKER.SecretsMasker()
    # What `airflow.cfg` would set.
    masker.sensitive_variables_fields = list(MASKER.DEFAULT_SENSITIVE_FIELDS)
    return masker


def _is_masked_by_length(secret: str) -> bool:
    """2.11 masks the shortest too, a letter in every word of a line."""
    return MAJOR == "3" or len(secret) >= MIN_LENGTH


def test_the_shortest_secret_is_as_long_as_airflows() -> None:
    if MAJOR == "3":
        assert MASKER.SecretsMasker.min_length_to_mask == MIN_LENGTH


@given(secrets, st.text("aA0/:@ %b", max_size=10))
@settings(max_examples=300, deadline=None)
def test_a_text_is_masked_where_airflow_masks_it(secret: str, around: str) -> None:
    if not _is_masked_by_length(secret):
        return
    airflows, ours = _airflow_masker(), SecretTexts()
    airflows.add_mask(secret)
    ours.add(secret)
    text = f"{around}{secret}{around}"

    if airflows.redact(text) != text:
        assert MASK in ours.redact(text)
        assert secret not in ours.redact(text)
    else:
        assert len(secret) < MIN_LENGTH


@given(st.dictionaries(names, secrets | st.dictionaries(names, secrets) | st.lists(secrets), max_size=3))
@settings(max_examples=300, deadline=None)
def test_of_a_dict_the_same_values_are_secrets(given_: dict[str, Any]) -> None:
    airflows, ours = _airflow_masker(), SecretTexts()
    airflows.add_mask(given_)
    ours.add(given_)

    for secret in _leaves(given_):
        if len(secret) >= MIN_LENGTH and airflows.redact(secret) == MASK:
            assert ours.redact(secret) == MASK


def test_airflows_own_name_is_shown_by_3() -> None:
    airflows, ours = _airflow_masker(), SecretTexts()
    airflows.add_mask("airflow")
    ours.add("airflow")

    assert ours.redact("airflow") == "airflow"
    if MAJOR == "3":
        assert airflows.redact("airflow") == "airflow"


def _leaves(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [leaf for inner in (value.values() if isinstance(value, dict) else value) for leaf in _leaves(inner)]
