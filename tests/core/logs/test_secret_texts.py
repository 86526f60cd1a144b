"""Which secrets are masked, and in which forms: Airflow's rules and some more forms."""

from __future__ import annotations

import json
import threading
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import any_text

from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.secret_texts import MASK, SecretTexts


def test_secret_is_masked_anywhere_in_a_text() -> None:
    known = SecretTexts()
    known.add("hunter2!")

    assert known.redact("hunter2! and 'hunter2!', not hunter2") == "*** and '***', not hunter2"


@given(any_text.filter(lambda text: len(text) >= 5 and text.strip() == text and "*" not in text))
def test_all_forms_of_a_secret_are_masked(secret: str) -> None:
    known = SecretTexts()
    known.add(secret)
    encoded = secret.encode("utf-8", "surrogatepass")

    for form in (secret, repr(secret), json.dumps(secret), quote(encoded), quote_plus(encoded)):
        if secret.lower() not in ("airflow", "prefect"):
            assert secret not in known.redact(f"a {form} b")
            assert MASK in known.redact(form)


PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQ+/Bä\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize("secret", [PRIVATE_KEY, 'quo"ted\\and/slashed', "zwölf Wörter"])
@pytest.mark.parametrize(
    "extra",
    [
        lambda secret: {"private_key": secret},
        lambda secret: {"nested": {"private_key": secret}, "port": 5},
        lambda secret: {"nested": json.dumps({"private_key": secret}), "private_key": secret},
        lambda secret: {"nested": [json.dumps({"a": secret}, ensure_ascii=False)], "private_key": secret},
    ],
)
def test_secret_in_json_in_a_url_is_fully_masked(extra: Any, secret: str) -> None:
    connection = Connection("c", "http", host="h", extra=json.dumps(extra(secret)))
    known = SecretTexts()
    known.add(connection.extra_dejson)

    for text in (connection.get_uri(), connection.as_json(), connection.extra):
        masked = known.redact(text)
        assert MASK in masked
        assert not [part for part in ("BEGIN", "MIIEvQ", "END", "quo", "slashed", "zw", "rter") if part in masked]


@pytest.mark.parametrize("word", ["", "a", "1234", "airflow", "Airflow", "prefect"])
def test_short_and_common_words_are_not_masked(word: str) -> None:
    known = SecretTexts()
    known.add(word)

    assert known.redact(f"a {word} b 1234 airflow") == f"a {word} b 1234 airflow"


def test_minimum_length_can_change_later() -> None:
    known = SecretTexts()
    known.add("abc")
    known.min_length = 3

    assert known.redact("abc") == MASK


def test_dict_values_under_sensitive_keys_are_secrets() -> None:
    known = SecretTexts()
    known.add(
        {"api-key": "sesame1", "region": "eu-west", "deep": [{"Token": "sesame2"}], "keyfile_dict": {"a": "plain1"}}
    )

    assert known.redact("sesame1 sesame2 eu-west plain1") == "*** *** eu-west plain1"


def test_named_text_is_a_secret_only_if_the_name_is_sensitive() -> None:
    known = SecretTexts()
    known.add("sesame1", "my_password")
    known.add("north-1", "region")

    assert known.redact("sesame1 north-1") == "*** north-1"


def test_longer_of_two_overlapping_secrets_is_masked() -> None:
    known = SecretTexts()
    known.add(["sesame", "sesame-open"])

    assert known.redact("sesame-open sesame") == "*** ***"


def test_values_keep_their_type_and_sensitive_keys_are_masked() -> None:
    known = SecretTexts()
    known.add("sesame")
    value = {"a": ["sesame", 1, None], "b": ("x sesame", {"sesame"}), "password": "other"}

    assert known.redact_value(value) == {"a": [MASK, 1, None], "b": ("x ***", {MASK}), "password": MASK}


def test_values_are_read_up_to_a_depth_of_20() -> None:
    known = SecretTexts()
    secret: Any = "sesame"
    value: Any = "a sesame"
    for _ in range(19):
        secret, value = [secret], [value]
    known.add(secret)

    assert known.redact("a sesame") == "a ***"
    assert "'a ***'" in repr(known.redact_value(value))
    assert "'***'" in repr(known.redact_value([value]))


def test_recursive_value_does_not_loop() -> None:
    known = SecretTexts()
    value: list[object] = []
    value.append(value)
    known.add(value)

    assert MASK in repr(known.redact_value(value))


def test_concurrent_threads_keep_all_secrets() -> None:
    known = SecretTexts()
    secrets = [[f"secret-{thread}-{number}!" for number in range(200)] for thread in range(4)]

    def add_all(mine: list[str]) -> None:
        for secret in mine:
            known.add(secret)
            assert known.redact(secret) == MASK

    threads = [threading.Thread(target=add_all, args=(mine,)) for mine in secrets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {known.redact(secret) for mine in secrets for secret in mine} == {MASK}


@given(st.lists(any_text), any_text)
def test_masking_never_raises(secrets: list[str], text: str) -> None:
    known = SecretTexts()
    known.add(secrets)
    known.redact(text)
