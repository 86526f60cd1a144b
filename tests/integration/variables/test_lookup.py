"""Looking variables up, as Airflow 3.3 does."""

from __future__ import annotations

import asyncio
import json
import os
import traceback
from typing import Any

import pytest
from http_servers import Handler, Server
from prefect.blocks.system import Secret
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.variables import Variable as PrefectVariable

from airflow_compat import Variable, importing, variables
from airflow_compat._airflow.export_data import Export
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat.errors import InvalidNameError, ServerError, UnsendableError, VariableNotFoundError
from airflow_compat.exceptions import AirflowException

pytestmark = pytest.mark.sqlite


def test_text_stays_text_and_json_becomes_text(unique: str) -> None:
    PrefectVariable.set(f"{unique}_text", "5")
    PrefectVariable.set(f"{unique}_number", 5)
    PrefectVariable.set(f"{unique}_empty", "")
    assert Variable.get(f"{unique}_text") == "5"
    assert Variable.get(f"{unique}_number") == "5"
    assert Variable.get(f"{unique}_text", deserialize_json=True) == 5
    assert Variable.get(f"{unique}_number", deserialize_json=True) == 5
    assert Variable.get(f"{unique}_empty", "default") == ""


def test_a_default_is_given_back_as_it_is(unique: str) -> None:
    assert Variable.get(unique, None) is None
    assert Variable.get(unique, default={"a": 1}) == {"a": 1}
    assert Variable.get(unique, default_var="old") == "old"
    assert Variable.get(unique, "text", deserialize_json=True) == "text"


def test_a_missing_one_is_an_error_that_old_and_new_code_catch(unique: str) -> None:
    with pytest.raises(VariableNotFoundError, match=f"{unique}.*AIRFLOW_VAR_{unique.upper()}") as caught:
        Variable.get(unique)
    assert isinstance(caught.value, KeyError)
    assert isinstance(caught.value, AirflowException)
    assert str(caught.value).startswith("variable ")


def test_a_value_that_is_not_json_counts_as_missing_when_json_is_asked_for(unique: str) -> None:
    PrefectVariable.set(unique, "{half")
    assert Variable.get(unique, 7, deserialize_json=True) == 7
    with pytest.raises(VariableNotFoundError, match="is not JSON"):
        Variable.get(unique, deserialize_json=True)


def test_a_key_that_the_locale_lacks_is_not_in_the_environment(unique: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.environ, "encodekey", lambda name: name.encode("ascii"))
    assert Variable.get(f"{unique}_sp\u00e4ti", None) is None
    assert variables.where_kept(f"{unique}_sp\u00e4ti") == ""


@pytest.mark.parametrize(
    ("key", "problem"),
    [(5, "must be a text;"), ("", "must be a text that is not empty;"), ("\ud800", "must be valid Unicode text;")],
)
def test_a_key_that_can_not_exist(key: Any, problem: str) -> None:
    with pytest.raises(VariableNotFoundError, match=problem):
        Variable.get(key)


def test_a_missing_key_is_shown_without_raw_control_characters() -> None:
    with pytest.raises(VariableNotFoundError) as caught:
        Variable.get("x\0y")
    assert str(caught.value).isprintable()
    assert r"AIRFLOW_VAR_X\x00Y" in str(caught.value)


def test_prefect_goes_before_the_environment(unique: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"AIRFLOW_VAR_{unique.upper()}", '{"from": "environment"}')
    assert Variable.get(unique, deserialize_json=True) == {"from": "environment"}
    PrefectVariable.set(unique, "server")
    assert Variable.get(unique) == "server"


def test_another_key_of_the_same_name_is_not_taken(unique: str) -> None:
    PrefectVariable.set(f"{unique}_a", "dotted", tags=[f"airflow-key:{unique}.a"])
    assert Variable.get(f"{unique}.a") == "dotted"
    with pytest.raises(VariableNotFoundError):
        Variable.get(f"{unique}:a")


def test_set_stores_the_text_that_airflow_would(unique: str) -> None:
    Variable.set(unique, 5)
    assert PrefectVariable.get(unique) == "5"
    # The keys are in the order in which PostgreSQL keeps them, whatever order they are given in.
    Variable.set(unique, {"a": "ü", "b": [1, None]}, serialize_json=True)
    assert PrefectVariable.get(unique) == {"a": "ü", "b": [1, None]}
    assert Variable.get(unique) == '{\n  "a": "ü",\n  "b": [\n    1,\n    null\n  ]\n}'.replace("ü", "\\u00fc")
    assert Variable.get(unique, deserialize_json=True) == {"a": "ü", "b": [1, None]}
    with pytest.raises(TypeError, match="not JSON serializable"):
        Variable.set(unique, object(), serialize_json=True)


def test_a_variable_has_one_home_and_moves(unique: str) -> None:
    key = f"{unique}.Long"
    Variable.set(key, "short")
    assert PrefectVariable.get(f"{unique}_long") == "short"
    Variable.set(key, "x" * 6000)
    assert PrefectVariable.get(f"{unique}_long") is None
    assert Secret.load(f"{unique}-long").get() == "x" * 6000
    Variable.set(key, "y" * 6000)
    assert Variable.get(key) == "y" * 6000
    Variable.set(key, "short again")
    assert Variable.get(key) == "short again"
    with pytest.raises(ValueError, match="Unable to find block document"):
        Secret.load(f"{unique}-long")


def test_a_sensitive_variable_is_set_as_a_secret(unique: str) -> None:
    Variable.set(f"{unique}_api_key", "sk-1")
    assert PrefectVariable.get(f"{unique}_api_key") is None
    assert Variable.get(f"{unique}_api_key") == "sk-1"
    Variable.delete(f"{unique}_api_key")
    assert Variable.get(f"{unique}_api_key", None) is None


def test_delete_gives_back_what_the_version_does(unique: str) -> None:
    Variable.set(unique, "x")
    assert Variable.delete(unique, airflow_version="2") == 1
    assert Variable.delete(unique, airflow_version="2") == 0
    assert Variable.delete(unique) is None


def test_setdefault_stores_once(unique: str) -> None:
    assert Variable.setdefault(unique, {"a": 1}, deserialize_json=True) == {"a": 1}
    assert Variable.setdefault(unique, {"a": 2}, deserialize_json=True) == {"a": 1}
    with pytest.raises(ValueError, match="the default is None"):
        Variable.setdefault(f"{unique}_none", None)


def test_json_in_airflow_2(unique: str) -> None:
    Variable.set(f"{unique}_token", "{quartz-Tern")
    with pytest.raises(json.JSONDecodeError, match=f"{unique}_token") as caught:
        Variable.get(f"{unique}_token", "default", deserialize_json=True, airflow_version="2")
    assert "quartz" not in caught.value.doc
    ours = caught.value.__traceback__.tb_next
    shown = traceback.TracebackException(type(caught.value), caught.value, ours, capture_locals=True)
    assert "quartz" not in "".join(shown.format())


def test_async_twins(unique: str) -> None:
    async def walk() -> list[object]:
        await Variable.aset(unique, {"a": 1}, serialize_json=True)
        found = [await Variable.aget(unique, deserialize_json=True), await Variable.aget(f"{unique}_x", 7)]
        return [*found, await Variable.adelete(unique, airflow_version="2")]

    assert asyncio.run(walk()) == [{"a": 1}, 7, 1]


@pytest.mark.parametrize("value", [float("nan"), [float("inf")]])
def test_what_no_json_has_is_kept_as_text(unique: str, value: object) -> None:
    export = Export(variables=(VariableRecord(unique, value),))
    assert importing.apply(importing.plan(export))[0].done
    assert Variable.get(unique) == json.dumps(value, indent=2)
    assert [item.action for item in importing.plan(export)] == ["unchanged"]


def test_half_a_surrogate_pair_is_an_error_of_its_own_item(unique: str) -> None:
    export = Export(variables=(VariableRecord(unique, "\ud800"), VariableRecord(f"{unique}_ok", "ok")))
    bad, good = importing.apply(importing.plan(export))
    assert bad.item.action == "refused"
    assert "half a surrogate pair" in bad.item.notes[0]
    assert good.done
    # What is set without a plan is refused by the request itself.
    with pytest.raises(UnsendableError, match="half a surrogate pair or a number beyond 64 bits"):
        Variable.set(unique, "\ud800")


def test_a_url_that_is_no_api_s_is_named(unique: str) -> None:
    class Page(Handler):
        def respond(self) -> None:
            # As a server's UI does, where PREFECT_API_URL lacks its /api.
            self.send(200, b"<!doctype html>", "text/html")

    with (
        Server(Page) as server,
        temporary_settings({PREFECT_API_URL: server.url}),
        pytest.raises(ServerError, match=r"is not a Prefect API; correct PREFECT_API_URL"),
    ):
        Variable.get(unique)


@pytest.mark.parametrize("key", [5, None, "", "\ud800", "a\udfff"])
def test_a_key_that_is_no_text_is_a_variable_that_is_not_there(key: object) -> None:
    with pytest.raises(VariableNotFoundError, match="isn't defined, because a key must be"):
        Variable.get(key)
    assert Variable.get(key, "default") == "default"
    with pytest.raises(InvalidNameError):
        Variable.set(key, "x")


@pytest.mark.parametrize("value", [2**63, {"a": [10**30]}])
def test_a_number_beyond_64_bits_is_kept(unique: str, value: object) -> None:
    Variable.set(unique, value, serialize_json=True)
    assert Variable.get(unique, deserialize_json=True) == value
