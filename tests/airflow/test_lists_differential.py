"""The lists that were copied from Airflow, against Airflow's own."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from real_airflow import MAJOR, load

from airflow_compat import exceptions
from airflow_compat._airflow.context_keys import EXTRA_KEYS, KEYS
from airflow_compat._airflow.variable import SENSITIVE_WORDS, is_sensitive

MASKER = load("airflow.utils.log.secrets_masker" if MAJOR == "2" else "airflow.sdk._shared.secrets_masker")
EXCEPTIONS = [load(name) for name in (("airflow.sdk.exceptions",) if MAJOR == "3" else ()) + ("airflow.exceptions",)]
# Names that only the other release has.
ABSENT = {
    "2": {
        "DownstreamTasksSkipped",
        "FailFastDagInvalidTriggerRule",
        "NodeNotFound",
        "RemovedInAirflow4Warning",
        "TaskDeferralTimeout",
    },
    "3": {
        "FailStopDagInvalidTriggerRule",
        "RemovedInAirflow3Warning",
        "UnmappableOperator",
        "UnmappableXComLengthPushed",
    },
}[MAJOR]
# These have the bases of both releases, so that each `except` catches them that catches them in one of the releases.
BASES_OF_BOTH = {
    "AirflowConfigException",
    "FailFastDagInvalidTriggerRule",
    "NodeNotFound",
    "ParamValidationError",
    "TaskNotFound",
    "UnmappableXComTypePushed",
    "XComForMappingNotPushed",
}
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


@pytest.mark.parametrize("name", sorted({*exceptions.__all__} - {"RebuiltException"}))
def test_an_exception_has_airflows_name_bases_and_status(name: str) -> None:
    ours = getattr(exceptions, name)
    # The first alone: Airflow 3 warns of the old place.
    airflows = next((getattr(module, name) for module in EXCEPTIONS if hasattr(module, name)), None)
    assert (airflows is None) == (name in ABSENT)
    if airflows is not None:
        bases, airflows_bases = ([base.__name__ for base in each.__mro__] for each in (ours, airflows))
        if name in BASES_OF_BOTH:
            assert {*bases} >= {*airflows_bases}
        else:
            assert bases == airflows_bases
            assert getattr(ours, "status_code", None) == getattr(airflows, "status_code", None)


def test_the_context_keys_are_airflows() -> None:
    keys = set(CONTEXT.KNOWN_CONTEXT_KEYS) if MAJOR == "2" else set(CONTEXT.Context.__annotations__)
    assert keys >= KEYS[MAJOR]
    # These are declared, and no context was seen to have them.
    assert keys - KEYS["2"] - KEYS["3"] - EXTRA_KEYS <= {"asset_state_store", "try_number"}
