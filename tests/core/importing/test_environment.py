"""`env:`, and rules for all sources."""

from __future__ import annotations

import pytest

from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat.errors import SourceError
from airflow_compat.importing._environ import Environ
from airflow_compat.importing._sources import environment
from airflow_compat.importing._sources.address import arguments, place
from airflow_compat.importing._sources.registry import read_sources

ENVIRON = {
    "AIRFLOW_CONN_PG": "postgresql://u:p%40@h:5432/db?n=5",
    "AIRFLOW_CONN_WEB": ' {"conn_type": "http", "extra": {"a": 1}}',
    "AIRFLOW_CONN_EMPTY": "",
    "AIRFLOW_CONN_BAD": "http://h:secret-1",
    "AIRFLOW_CONN_": "http://h",
    "AIRFLOW_VAR_REGION": "",
    "AIRFLOW_VAR_SIZE": "5",
    "AIRFLOW_HOME": "/airflow",
}


def test_connections_and_variables_as_a_task_reads_them() -> None:
    export = environment.read("env:", ENVIRON)
    assert export.connections == (
        Connection("pg", "postgres", None, "h", "u", "p@", "db", 5432, '{"n": "5"}'),
        Connection("web", "http", extra='{"a": 1}'),
    )
    assert export.variables == (VariableRecord("region", ""), VariableRecord("size", "5"))
    assert [problem.id for problem in export.problems] == ["bad", "empty"]
    assert "secret-1" not in str(export.problems)


def test_arguments_are_refused() -> None:
    with pytest.raises(SourceError, match="unknown argument 'prefix'"):
        environment.read("env:?prefix=x", {})


def test_an_environment_does_not_show_its_values() -> None:
    environ = Environ(ENVIRON)
    assert dict(environ) == ENVIRON
    assert len(environ) == len(ENVIRON)
    assert "secret-1" not in f"{environ!r} {environ}"


def test_arguments_have_defaults_and_null() -> None:
    defaults = {"sep": "/", "prefix": "a", "path": "p"}
    assert arguments("x:y?sep=%2D&prefix=null", defaults) == {"sep": "-", "prefix": None, "path": "p"}
    assert arguments("x:y?sep=", defaults)["sep"] == ""
    assert place("x:y/z?sep=-") == "y/z"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("token=secret-1", "unknown argument 'token'"),
        ("sep=secret-1&sep=secret-1", "repeated argument 'sep'"),
        ("secret-1", "(not a name)"),
        ("Secret-1=x", "(not a name)"),
    ],
)
def test_invalid_arguments_are_refused_without_their_value(query: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        arguments(f"x:?{query}", {"sep": "/"})
    assert said in str(caught.value)
    assert "Use each of sep" in str(caught.value)
    assert "secret-1" not in str(caught.value).lower()


def test_unknown_kind_is_named_without_the_rest() -> None:
    with pytest.raises(SourceError, match=r"^mongodb: unknown kind of source") as caught:
        read_sources(["mongodb://u:secret-1@h"], {})
    assert "secret-1" not in str(caught.value)
