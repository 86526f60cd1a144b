"""Which secrets are masked, and in which forms: Airflow's rules, and a few forms more."""

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


def test_a_secret_is_masked_wherever_it_stands() -> None:
    known = SecretTexts()
    known.add("hunter2!")

    assert known.redact("hunter2! and 'hunter2!', not hunter2") == "*** and '***', not hunter2"


@given(any_text.filter(lambda text: len(text) >= 5 and text.strip() == text and "*" not in text))
def test_no_form_of_a_secret_is_left(secret: str) -> None:
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
def test_no_part_of_a_secret_is_in_a_url_that_holds_it_in_json(extra: Any, secret: str) -> None:
    connection = Connection("c", "http", host="h", extra=json.dumps(extra(secret)))
    known = SecretTexts()
    known.add(connection.extra_dejson)

    for text in (connection.get_uri(), connection.as_json(), connection.extra):
        masked = known.redact(text)
        assert MASK in masked
        assert not [part for part in ("BEGIN", "MIIEvQ", "END", "quo", "slashed", "zw", "rter") if part in masked]


@pytest.mark.parametrize("word", ["", "a", "1234", "airflow", "Airflow", "prefect"])
def test_what_is_short_or_in_every_line_is_not_masked(word: str) -> None:
    known = SecretTexts()
    known.add(word)

    assert known.redact(f"a {word} b 1234 airflow") == f"a {word} b 1234 airflow"


def test_the_length_can_be_chosen_later() -> None:
    known = SecretTexts()
    known.add("abc")
    known.min_length = 3

    assert known.redact("abc") == MASK


def test_of_a_dict_the_sensitive_keys_count() -> None:
    known = SecretTexts()
    known.add(
        {"api-key": "sesame1", "region": "eu-west", "deep": [{"Token": "sesame2"}], "keyfile_dict": {"a": "plain1"}}
    )

    assert known.redact("sesame1 sesame2 eu-west plain1") == "*** *** eu-west plain1"


def test_with_a_name_text_counts_only_where_the_name_is_sensitive() -> None:
    known = SecretTexts()
    known.add("sesame1", "my_password")
    known.add("north-1", "region")

    assert known.redact("sesame1 north-1") == "*** north-1"


def test_the_longer_of_two_secrets_goes() -> None:
    known = SecretTexts()
    known.add(["sesame", "sesame-open"])

    assert known.redact("sesame-open sesame") == "*** ***"


def test_values_keep_their_form_and_sensitive_keys_are_masked() -> None:
    known = SecretTexts()
    known.add("sesame")
    value = {"a": ["sesame", 1, None], "b": ("x sesame", {"sesame"}), "password": "other"}

    assert known.redact_value(value) == {"a": [MASK, 1, None], "b": ("x ***", {MASK}), "password": MASK}


def test_a_value_that_holds_itself_ends() -> None:
    known = SecretTexts()
    value: list[object] = []
    value.append(value)
    known.add(value)

    assert MASK in repr(known.redact_value(value))


def test_threads_lose_no_secret() -> None:
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
def test_it_never_raises(secrets: list[str], text: str) -> None:
    known = SecretTexts()
    known.add(secrets)
    known.redact(text)
