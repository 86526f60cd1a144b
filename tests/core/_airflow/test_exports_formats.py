"""Export files in `.env` format. The tests of YAML are in tests/integration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.export_data import Export, Problem
from airflow_compat._airflow.exports import parse_export
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat.errors import InvalidExportError

DATA = Path(__file__).parents[2] / "data"


def real(version: str, name: str) -> Export:
    return parse_export((DATA / f"airflow_exports_{version}" / name).read_bytes(), name)


@pytest.mark.parametrize("version", ["2.11", "3.3"])
def test_real_connections_as_json_in_env(version: str) -> None:
    assert real(version, "conns_json.env") == real(version, "conns.json")


@pytest.mark.parametrize("version", ["2.11", "3.3"])
def test_real_connections_as_uris(version: str) -> None:
    """A URI has no description, and cannot distinguish absent from empty fields."""
    as_json = {connection.conn_id: connection for connection in real(version, "conns.json").connections}
    for connection in real(version, "conns.env").connections:
        expected = replace(as_json.pop(connection.conn_id), description=None)
        for name in ("host", "login", "password", "schema"):
            assert (getattr(connection, name) or None) == getattr(expected, name)
        assert connection.port == expected.port
        # 2.11 wrote "n" as text, which 3.x's own import reads as the number that it looks like.
        assert {k: str(v) for k, v in connection.extra_dejson.items()} == {
            k: str(v) for k, v in expected.extra_dejson.items()
        }
    assert not as_json


def test_variables_are_kept_unchanged() -> None:
    data = b'# a comment\n\n  # another\nA=1e3\nB= spaced \nC={"x": 1}\nD=a=b#c\n'
    assert parse_export(data, "prod/variables.env").variables == (
        VariableRecord("A", "1e3"),
        VariableRecord("B", " spaced "),
        VariableRecord("C", '{"x": 1}'),
        VariableRecord("D", "a=b#c"),
    )


@pytest.mark.parametrize("text", ["x", "postgres://u:secret-1@h/db", '{"conn_type": "http", "password": "secret-1"}'])
def test_ambiguous_env_file_needs_kind_in_name(text: str) -> None:
    data = f"a={text}\n".encode()
    with pytest.raises(InvalidExportError, match="put 'connections' or 'variables' into the file's name") as caught:
        parse_export(data, "prod.env")
    assert "secret-1" not in str(caught.value)
    passwords = [connection.password for connection in parse_export(data, "prod-connections.env").connections]
    assert passwords == ["secret-1"] * ("secret-1" in text)
    assert parse_export(data, "prod-variables.env").variables == (VariableRecord("a", text),)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a=http://h\nsecret-1\n", "line 2 is not id=value"),
        (b"a=http://h\n=secret-1\n", "line 2 is not id=value"),
        (b"a=\n", "line 1 is not id=value"),
        (b"postgres://u:secret-1@h/db?sslmode=require\n", "line 1 is not id=value"),
        (b"my_conn: postgres://u:secret-1@h/db?a=b\n", "line 1 is not id=value"),
        (b"a=http://secret-1\na=http://secret-1\n", "'a' appears twice"),
        (b"a=\xff", "not UTF-8 text"),
    ],
)
def test_invalid_env_lines_are_refused(data: bytes, said: str) -> None:
    with pytest.raises(InvalidExportError, match=said) as caught:
        parse_export(data, "conns.env")
    assert "secret-1" not in str(caught.value)


def test_pools_are_never_in_env_files() -> None:
    with pytest.raises(InvalidExportError, match=r"no pools in \.env files"):
        parse_export(b"a=1", "pools.env")


def test_damaged_entry_is_a_problem_and_others_are_read() -> None:
    export = parse_export(b'bad={"conn_type"\nworse=http://h:secret-1/x\ngood=http://h\n', "conns.env")
    assert export.connections == (Connection("good", "http", host="h", schema=""),)
    assert [problem.id for problem in export.problems] == ["bad", "worse"]
    assert all(isinstance(problem, Problem) and "secret-1" not in problem.reason for problem in export.problems)


def test_value_that_json_cannot_hold_is_a_problem() -> None:
    endless: list[Any] = []
    endless.append(endless)
    export = parse_export(b"", "variables.yaml", lambda _: {"many": {1, 2}, "endless": endless, "k": "v"})
    assert [problem.id for problem in export.problems] == ["many", "endless"]
    assert all("JSON cannot hold" in problem.reason for problem in export.problems)
    assert [variable.key for variable in export.variables] == ["k"]
