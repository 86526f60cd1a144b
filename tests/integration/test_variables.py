"""Looking variables up, as Airflow 3.3 does."""

from __future__ import annotations

import pytest
from prefect.variables import Variable as PrefectVariable

from airflow_compat import Variable
from airflow_compat.errors import VariableNotFoundError
from airflow_compat.exceptions import AirflowException


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
