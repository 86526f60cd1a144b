"""Decoded entries of Airflow's local files. `tests/airflow` compares with Airflow's own backend."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat.importing._local_files import connections_from_entries, variables_from_entries

PG = Connection("pg", "postgres", host="h", login="u", password="p", schema="db")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("postgres://u:p@h/db", PG),
        (["postgres://u:p@h/db"], PG),
        ("", Connection("pg")),
        ({"conn_type": "postgres", "host": "h", "login": "u", "password": "p", "schema": "db"}, PG),
        ({"conn_id": "pg", "uri": "postgres://u:p@h/db", "description": None}, PG),
        ({"uri": "http://h", "description": "a website"}, Connection("pg", "http", "a website", "h", schema="")),
        ({"conn_type": "google-cloud-platform"}, Connection("pg", "google-cloud-platform")),
        ({"conn_type": "x", "extra_dejson": {"a": 1}}, Connection("pg", "x", extra='{"a": 1}')),
        ({}, Connection("pg")),
    ],
)
def test_a_connection(value: Any, expected: Connection) -> None:
    export = connections_from_entries({"pg": value})
    assert (export.connections, export.problems) == ((expected,), ())


def test_an_empty_list_is_no_connection() -> None:
    export = connections_from_entries({"pg": []})
    assert (export.connections, export.problems) == ((), ())


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (["http://a", "http://b"], "the entry has several values"),
        (5, "neither a URI nor an object"),
        (None, "neither a URI nor an object"),
        ({"conn_id": "other", "conn_type": "http"}, "the connection's conn_id differs"),
        ({"uri": "http://h", "host": "h"}, "the connection has a uri and other fields"),
        ({"uri": 5}, "the connection's uri is of type int, not text"),
        ({"extra": "{}", "extra_dejson": {}}, "the connection has both extra and extra_dejson"),
        ({"conn_type": 5}, "'conn_type' is of type int, not text"),
        (' {"conn_type": "http"}', "the connection is JSON in quotes"),
    ],
)
def test_a_connection_that_is_refused(value: Any, reason: str) -> None:
    export = connections_from_entries({"pg": value, "web": "http://h"})
    [problem] = export.problems
    assert (problem.kind, problem.id) == ("connection", "pg")
    assert reason in problem.reason
    assert [connection.conn_id for connection in export.connections] == ["web"]


def test_variable_keeps_its_type() -> None:
    values = {"text": "5", "number": 5, "object": {"value": [1, None]}, "nothing": None}
    export = variables_from_entries(values)
    assert export.variables == tuple(VariableRecord(key, value) for key, value in values.items())
    assert export.problems == ()


def test_variable_that_json_cannot_hold() -> None:
    endless: list[Any] = []
    endless.append(endless)
    export = variables_from_entries({"day": date(2026, 1, 1), "endless": endless, "k": "v"})
    assert [(problem.kind, problem.id) for problem in export.problems] == [("variable", "day"), ("variable", "endless")]
    assert all("JSON cannot hold" in problem.reason for problem in export.problems)
    assert [variable.key for variable in export.variables] == ["k"]
