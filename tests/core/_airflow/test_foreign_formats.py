"""Files that resemble exports, and the Astro CLI's settings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.export_data import Export, Note, Problem
from airflow_compat._airflow.exports import parse_export
from airflow_compat._airflow.pool import Pool
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat.errors import InvalidExportError

SECRET = "quartz-Tern-41"
# `airflow connections list -o json` of 2.11; 3.x masks the secrets, or lists the ids alone.
LISTED = {
    "id": "1",
    "conn_id": "pg",
    "conn_type": "postgres",
    "password": SECRET,
    "port": "5432",
    "is_encrypted": "False",
    "extra_dejson": {"sslkey": SECRET},
    "get_uri": f"postgres://u:{SECRET}@h:5432/db",
}
ANSWERED = {"connection_id": "pg", "conn_type": "postgres", "login": "u", "extra": json.dumps({"p": SECRET})}
VARIABLE = {"key": "settings", "value": SECRET, "description": None, "is_encrypted": True}
POOL = {"name": "p", "slots": 3, "description": SECRET, "open_slots": 3}

FOREIGN: dict[str, tuple[Any, str]] = {
    "connections list": (
        [LISTED],
        "the file is the output of `airflow connections list`, .* `airflow connections export",
    ),
    "ids": ([{"conn_id": "pg", "conn_type": "postgres"}], "the file is the output of `airflow connections list`"),
    "variables list": ([{"key": "a", "val": SECRET}], "the file is the output of `airflow variables list`"),
    "pools list": ([{"pool": "default_pool", "slots": "128"}], "the file is the output of `airflow pools list`"),
    "connections": ({"connections": [ANSWERED], "total_entries": 1}, "the file is a response of Airflow's REST API"),
    "variables": (
        {"variables": [VARIABLE], "total_entries": 1},
        "the file is a response of Airflow's REST API, .* `airflow variables export",
    ),
    "pools": (
        {"pools": [POOL], "total_entries": 1},
        "the file is a response of Airflow's REST API, .* `airflow pools export",
    ),
    "no entries": ({"connections": [], "total_entries": 0}, "the file is a response of Airflow's REST API"),
    "one connection": (ANSWERED, "the file has the fields of one connection, without the connection's id"),
    "one variable": (VARIABLE, "the file has one variable from Airflow's REST API"),
    "one pool": (POOL, "the file has one pool from Airflow's REST API"),
    "together": (
        {"connections": {"pg": {"conn_type": "x", "password": SECRET}}, "variables": {"a": 1}},
        "the file has several kinds of objects",
    ),
    "lists together": (
        {"connections": [LISTED], "variables": [], "pools": []},
        "the file has several kinds of objects",
    ),
    "manifest": (
        {"apiVersion": "v1", "kind": "Secret", "stringData": {"AIRFLOW_CONN_PG": f"postgres://u:{SECRET}@h"}},
        "the file is a Kubernetes manifest",
    ),
    "compose extends": (
        {"services": {"web": {"extends": "x", "environment": {"A": SECRET}}}},
        "the file is a Docker Compose file",
    ),
    "compose": (
        {"services": {"web": {"image": "x", "environment": {"A": SECRET}}}},
        "the file is a Docker Compose file",
    ),
}


# Whatever the name says: the advice of an error may have led to it.
@pytest.mark.parametrize("name", ["export.json", "connections.json", "variables.json", "pools.json"])
@pytest.mark.parametrize("form", FOREIGN)
def test_another_format_is_refused_by_its_own_name(form: str, name: str) -> None:
    content, said = FOREIGN[form]
    with pytest.raises(InvalidExportError, match=f"^{name}: {said}") as caught:
        parse_export(json.dumps(content).encode(), name)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("value", ["3.1", {}, {"home": "/opt"}])
def test_variable_named_airflow_is_read(value: Any) -> None:
    found = parse_export(json.dumps({"airflow": value}).encode(), "variables.json")
    assert found == Export(variables=(VariableRecord("airflow", value),))


def test_similar_exports_are_read() -> None:
    for content in ({"key": "a", "value": "b"}, {"pools": ["a"], "x": 1}, {"name": "x", "slots": "many"}):
        assert len(parse_export(json.dumps(content).encode(), "variables.json").variables) == len(content)


@pytest.mark.parametrize("name", [".env", "connections.env", "variables.env", "project/.env", "settings"])
@pytest.mark.parametrize("line", ["AIRFLOW_CONN_PG=", "export AIRFLOW_VAR_A=", "  AIRFLOW__CORE__FERNET_KEY ="])
def test_a_projects_environment_file_is_refused_by_its_own_name(name: str, line: str) -> None:
    data = f"# mine\nPOSTGRES_USER=u\nEMPTY=\n{line}{SECRET}\n".encode()
    with pytest.raises(
        InvalidExportError, match=f"the file is a project's environment file, .* pass the file as env:{name}$"
    ) as caught:
        parse_export(data, name)
    assert SECRET not in str(caught.value)


SETTINGS: dict[str, Any] = {
    "airflow": {
        "connections": [
            {
                "conn_id": "pg",
                "conn_type": "postgres",
                "conn_host": "h",
                "conn_schema": "db",
                "conn_login": "u",
                "conn_password": SECRET,
                "conn_port": 5432,
                "conn_uri": None,
                "conn_extra": {"sslmode": "require"},
            },
            {"conn_id": "web", "conn_uri": f"http://u:{SECRET}@h/?n=5"},
            # The CLI's own file has such entries to fill in.
            {"conn_id": None, "conn_type": None, "conn_extra": {"example_extra_field": "example-value"}},
        ],
        "pools": [{"pool_name": "warehouse", "pool_slot": 2, "pool_description": "d"}, {"pool_name": None}],
        "variables": [{"variable_name": "target", "variable_value": "sales"}, {"variable_name": ""}],
    }
}


@pytest.mark.parametrize("name", ["airflow_settings.json", "variables.json", "connections.json"])
def test_the_astro_clis_settings_are_read(name: str) -> None:
    assert parse_export(json.dumps(SETTINGS).encode(), name) == Export(
        connections=(
            Connection("pg", "postgres", None, "h", "u", SECRET, "db", 5432, {"sslmode": "require"}),
            Connection("web", "http", host="h", login="u", password=SECRET, schema="", extra={"n": 5}),
        ),
        variables=(VariableRecord("target", "sales"),),
        pools=(Pool("warehouse", 2, "d"),),
    )


@pytest.mark.parametrize("name", ["airflow_settings.json", "variables.json"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            {"airflow": {"variables_dev": [{"variable_name": "a", "variable_value": SECRET}]}},
            "'variables_dev' in airflow",
        ),
        ({"airflow": {**SETTINGS["airflow"], "variables_dev": []}}, "'variables_dev' in airflow"),
        ({"airflow": {**SETTINGS["airflow"], "conns": [{"conn_password": SECRET}]}}, "'conns' in airflow"),
        ({"airflow": {"Connections": [{"conn_id": "a", "conn_password": SECRET}]}}, "'Connections' in airflow"),
        ({**SETTINGS, "other": {"password": SECRET}}, "'other' in the file"),
        ({"airflow": {"pools": [], f"password={SECRET}": 1}}, r"\(a key that isn't shown\) in airflow"),
    ],
)
def test_a_key_that_the_astro_cli_does_not_know_is_refused_by_its_name(
    content: dict[str, Any], said: str, name: str
) -> None:
    with pytest.raises(
        InvalidExportError, match=f"has the unknown key {said}; use only keys that the Astro CLI knows"
    ) as caught:
        parse_export(json.dumps(content).encode(), name)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("id_", [5, True, 1.5, [SECRET], {"password": SECRET}])
def test_astro_settings_id_of_another_type_is_a_problem_with_its_number(id_: Any) -> None:
    held = {
        "connections": [{"conn_id": "a", "conn_type": "http"}, {"conn_id": id_, "conn_type": "http"}],
        "pools": [{"pool_name": id_, "pool_slot": 1}],
        "variables": [{"variable_name": id_, "variable_value": "x"}],
    }
    export = parse_export(json.dumps({"airflow": held}).encode(), "airflow_settings.json")
    assert [connection.conn_id for connection in export.connections] == ["a"]
    assert [(problem.kind, problem.id, problem.reason) for problem in export.problems] == [
        ("connection", "(number 2)", "the entry's conn_id is not text; put the conn_id in quotes"),
        ("variable", "(number 1)", "the entry's variable_name is not text; put the variable_name in quotes"),
        ("pool", "(number 1)", "the entry's pool_name is not text; put the pool_name in quotes"),
    ]


def test_repeated_id_has_the_same_error_everywhere() -> None:
    said = "the id 'a' appears twice; remove one of the two entries"
    settings = {"airflow": {"pools": [{"pool_name": "a", "pool_slot": 1}, {"pool_name": "a", "pool_slot": 2}]}}
    for text, name in (
        (json.dumps(settings), "airflow_settings.json"),
        ('{"a": 1, "a": 2}', "variables.json"),
        ("a=1\na=2\n", "variables.env"),
    ):
        with pytest.raises(InvalidExportError, match=f"^{name}: {said}$"):
            parse_export(text.encode(), name)


def test_entry_skipped_by_astro_cli_is_a_problem() -> None:
    held = {
        "connections": [
            {"conn_id": "a", "conn_password": SECRET},
            {"conn_id": "b", "conn_type": "http", "conn_password": 5},
            {"conn_id": "c", "conn_type": "http", "conn_uri": f"http://{SECRET}"},
            {"conn_id": "d", "conn_type": "http", "password": SECRET},
            {"conn_type": "http", "conn_password": SECRET},
        ],
        "pools": [{"pool_name": "p"}],
        "variables": [{"variable_name": "v", "variable_value": ""}],
    }
    export = parse_export(json.dumps({"airflow": held}).encode(), "airflow_settings.json")
    assert (export.connections, export.variables, export.pools) == ((), (), ())
    assert [(problem.id, problem.reason.partition(";")[0]) for problem in export.problems] == [
        ("a", "the connection has neither conn_type nor conn_uri, so the Astro CLI skips the connection"),
        ("b", "'password' is of type int, not text"),
        ("c", "the connection has a uri and other fields"),
        ("d", "unknown key 'password'"),
        ("(number 5)", "the entry has no conn_id"),
        ("v", "the variable has no variable_value, so the Astro CLI skips the variable"),
        ("p", "'slots' is not a whole number of at least -1 (unlimited)"),
    ]
    assert SECRET not in repr(export.problems)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({"pools": {"p": 1}}, "the pools are not a list"),
        ({"variables": ["v"]}, "the variables are not a list"),
        ({"pools": [{"pool_name": "p", "pool_slot": 1}] * 2}, "'p' appears twice"),
    ],
)
def test_settings_of_another_form_are_refused(held: object, said: str) -> None:
    with pytest.raises(InvalidExportError, match=said):
        parse_export(json.dumps({"airflow": held}).encode(), "airflow_settings.json")


def test_a_team_name_is_noted() -> None:
    noted = "team_name is dropped: Prefect's server has no teams, so every flow can use the object"
    export = parse_export(b'{"c": {"conn_type": "http", "team_name": "t"}, "d": {"conn_type": "http"}}', "c.json")
    export += parse_export(b'{"v": {"value": 1, "team_name": "t"}, "w": {"team_name": "t"}}', "variables.json")
    export += parse_export(b'{"p": {"slots": 1, "team_name": "t"}}', "pools.json")
    assert export.problems == ()
    assert export.notes == (Note("connection", "c", noted), Note("variable", "v", noted), Note("pool", "p", noted))


def test_an_object_with_a_uri_or_extra_dejson_is_read_as_airflows_import_reads_it() -> None:
    held = {
        "a": {"uri": "http://h/?n=5", "description": "d"},
        "b": {"conn_type": "http", "extra_dejson": {"n": 5}},
        "c": {"conn_id": "c", "conn_type": "http"},
        "d": [{"uri": "http://h"}],
        "e": {"uri": "http://h", "login": "u"},
        "f": {"conn_id": "g", "conn_type": "http"},
        "g": {"uri": "just-a-token"},
        "h": [],
    }
    export = parse_export(json.dumps(held).encode(), "connections.json")
    assert export.connections == (
        Connection("a", "http", "d", host="h", schema="", extra='{"n": 5}'),
        Connection("b", "http", extra='{"n": 5}'),
        Connection("c", "http"),
        Connection("d", "http", host="h", schema=""),
    )
    assert [(type(problem), problem.id) for problem in export.problems] == [(Problem, id_) for id_ in "efgh"]
