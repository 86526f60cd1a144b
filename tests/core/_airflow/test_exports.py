"""Airflow's export files: real, damaged, and of other kinds."""

from __future__ import annotations

import json

import pytest
from examples import examples
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import DATA, any_text, json_values, read_json, secrets, shown_by

from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.export_data import Export, Problem
from airflow_compat._airflow.exports import parse_export
from airflow_compat._airflow.pool import Pool
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat.errors import InvalidConnectionError, InvalidExportError

VERSIONS = ["2.11", "3.3"]
EXPORTS = sorted(DATA.glob("airflow_exports_*/*.json"))

# The first export of Airflow 3.3 reads the query of a URI as JSON; that of 2.11 as text.
PG_EXTRA = {"2.11": '{"sslmode": "require", "n": "1"}', "3.3": '{"sslmode": "require", "n": 1}'}
VARIABLES = {
    "2.11": (
        VariableRecord("api_key", "sk-123"),
        VariableRecord("j", '{"a": 1}'),
        VariableRecord("num", 5),
        VariableRecord("plain", "hello"),
    ),
    "3.3": (
        VariableRecord("api_key", "sk-123"),
        VariableRecord("j", '"{\\"a\\": 1}"'),
        VariableRecord("num", 5, "a number"),
        VariableRecord("plain", "hello"),
    ),
}


def parse(value: object, name: str) -> Export:
    return parse_export(json.dumps(value).encode(), name)


def read(version: str, name: str) -> Export:
    return parse_export((DATA / f"airflow_exports_{version}" / name).read_bytes(), name)


@pytest.mark.parametrize("version", VERSIONS)
def test_real_connections(version: str) -> None:
    assert read(version, "conns.json") == Export(
        connections=(
            Connection("bare", "generic"),
            Connection("pg", "postgres", None, "h", "u", "p@", "db", 5432, PG_EXTRA[version]),
            Connection("web", "http", "d", "https://x.y/v1", None, "pw", None, 8443, '{"a": {"b": 1}}'),
        )
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_real_variables(version: str) -> None:
    assert read(version, "vars.json") == Export(variables=VARIABLES[version])


@pytest.mark.parametrize("version", VERSIONS)
def test_real_pools(version: str) -> None:
    assert read(version, "pools.json") == Export(
        pools=(
            Pool("default_pool", 128, "Default pool"),
            Pool("p1", 3, "desc"),
            Pool("p2", 5, "with deferred", include_deferred=True),
        )
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["conns", "pools"])
def test_connections_and_pools_are_recognised_by_entries(version: str, kind: str) -> None:
    data = (DATA / f"airflow_exports_{version}" / f"{kind}.json").read_bytes()
    assert parse_export(data, "my-variables.json") == read(version, f"{kind}.json")


@pytest.mark.parametrize("name", ["vars.json", "export/Variables.json", "c:\\prod\\my_vars.json"])
def test_file_named_variables_may_hold_any_json(name: str) -> None:
    values = {"a": [1], "b": {"c": {}}, "d": None, "e": {"value": [1], "description": None, "more": 1}}
    assert parse(values, name).variables == (
        VariableRecord("a", [1]),
        VariableRecord("b", {"c": {}}),
        VariableRecord("d", None),
        VariableRecord("e", [1]),
    )


@pytest.mark.parametrize("name", ["variables/a.json", "variables\\a.json"])
def test_folder_name_does_not_affect_kind(name: str) -> None:
    with pytest.raises(InvalidExportError):
        parse({"a": [1]}, name)


def test_variables_are_recognised_by_plain_values() -> None:
    values = {"a": "x", "b": 5, "c": True, "d": None, "e": {"description": "d", "value": [1]}}
    assert [record.value for record in parse(values, "export.json").variables] == ["x", 5, True, None, [1]]


@pytest.mark.parametrize(
    ("name", "empty"), [("connections.json", Export()), ("pools.json", Export()), ("vars.json", Export())]
)
def test_an_export_may_be_empty(name: str, empty: Export) -> None:
    assert parse({}, name) == empty


def test_a_byte_order_mark_is_accepted() -> None:
    data = (DATA / "airflow_exports_3.3" / "conns.json").read_bytes()
    assert parse_export(b"\xef\xbb\xbf" + data, "conns.json") == read("3.3", "conns.json")


def test_a_connection_may_be_a_uri() -> None:
    # As in Airflow 3's command line, which decodes the query's values.
    assert parse({"a": "http://h/?n=5"}, "conns.json").connections == (
        Connection("a", "http", host="h", schema="", extra='{"n": 5}'),
    )


def test_damaged_connections_are_problems_and_others_are_read() -> None:
    export = parse(
        {
            "good": {"conn_type": "http", "host": "h"},
            "number": 5,
            "nothing": None,
            "list": ["http://h"],
            "lists": ["http://h", "http://i"],
            "token": "just-a-token",
            "quoted": '"http://h"',
            "port": {"conn_type": "http", "port": "abc"},
            "host": {"conn_type": "http", "host": ["h"]},
            "key": {"conn_type": "http", "hots": "h"},
            "uri": "http://h:abc",
            "extra": "http://h/?__extra__=[]",
            "also good": "http://h",
        },
        "connections.json",
    )
    assert [connection.conn_id for connection in export.connections] == ["good", "list", "also good"]
    assert {problem.kind for problem in export.problems} == {"connection"}
    assert [(problem.id, problem.reason.split(";")[0]) for problem in export.problems] == [
        ("number", "the connection is a number"),
        ("nothing", "the connection is null"),
        ("lists", "the entry has several values, which Airflow refuses"),
        ("token", "the value is not a connection's URI"),
        ("quoted", "the connection's URI begins with a quotation mark, which an environment file may have kept"),
        ("port", "'port' is not a whole number"),
        ("host", "'host' is of type list, not text"),
        ("key", "unknown key 'hots'"),
        ("uri", "the URI's port is not a number from 0 to 65535"),
        ("extra", "the extra of the connection is not a JSON object"),
    ]


@given(any_text)
@example("a: b")
@example("")
def test_connection_problem_has_reason_and_id_once(conn_id: str) -> None:
    (problem,) = parse({conn_id: {"conn_type": "http", "port": "abc"}}, "connections.json").problems
    assert problem == Problem("connection", conn_id, "'port' is not a whole number; use a number such as 5432")


def test_damaged_pools_are_problems_and_others_are_read() -> None:
    export = parse(
        {
            "good": {"slots": 3},
            "unlimited": {"slots": -1, "description": None, "include_deferred": None},
            "none": {"description": "no slots"},
            "text": {"slots": "3"},
            "float": {"slots": 3.5},
            "bool": {"slots": True},
            "negative": {"slots": -2},
            "number": 3,
        },
        "pools.json",
    )
    assert export.pools == (Pool("good", 3), Pool("unlimited", -1))
    range_ = "'slots' is not a whole number of at least -1 (unlimited); correct the number"
    assert export.problems == (
        Problem("pool", "none", "the pool has no 'slots'; add a whole number of at least -1 (unlimited)"),
        Problem("pool", "text", range_),
        Problem("pool", "float", range_),
        Problem("pool", "bool", range_),
        Problem("pool", "negative", range_),
        Problem("pool", "number", "the pool has no 'slots'; add a whole number of at least -1 (unlimited)"),
    )


PACKAGE_JSON = {"name": "app", "version": "1.0.0", "scripts": {"test": "jest"}, "files": ["dist"]}
DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (json.dumps(PACKAGE_JSON).encode(), "neither connections .* nor pools"),
        (b'{"a": {"b": 1}}', "neither connections .* nor pools"),
        (b"{}", "neither connections .* nor pools"),
        ((DATA / "airflow_exports_3.3" / "conns.json").read_bytes()[:300], r"not JSON, or incomplete \(line 1"),
        (b"conn_type: http\n", r"not JSON, or incomplete \(line 1, column 1\)"),
        (b"pg=postgres://u:p@h\n", r"not JSON, or incomplete"),
        (b"", r"not JSON, or incomplete \(line 1, column 1\)"),
        (b" \n", r"not JSON, or incomplete"),
        (b"\xef\xbb\xbf", r"not JSON, or incomplete"),
        (b'{"a": 1}{"b": 2}', r"not JSON, or incomplete"),
        (b"\x00\x01\x02", r"not JSON, or incomplete"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "not UTF-8 text"),
        ('{"a": "x"}'.encode("utf-16"), "not UTF-8 text"),
        ('{"a": "\u00e9"}'.encode("latin-1"), "not UTF-8 text"),
        (b'["a"]', "is an object of ids, but the file holds a list"),
        (b'"a"', "is an object of ids, but the file holds text"),
        (b"5", "is an object of ids, but the file holds a number"),
        (b"true", "is an object of ids, but the file holds true or false"),
        (b"null", "is an object of ids, but the file holds null"),
        (b'{"a": "x", "b": "y", "a": "z"}', "'a' appears twice"),
        (b'{"a": {"conn_type": "x", "host": "h", "host": "i"}}', "'host' appears twice"),
        (DEEP, "nested too deeply"),
        (b'{"a": ' + DEEP + b"}", "nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number in the file is too long"),
    ],
    ids=lambda value: value[:12].decode("latin-1") if isinstance(value, bytes) else "",
)
def test_other_file_raises_error_with_its_name(data: bytes, why: str) -> None:
    with pytest.raises(InvalidExportError, match=f"^dir/export.json: .*{why}"):
        parse_export(data, "dir/export.json")


# A kind in the file's name changes nothing where there is no object at all.
@pytest.mark.parametrize("name", ["connections.json", "variables.json", "pools.json"])
@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", DEEP, b'{"a": 1, "a": 1}'], ids=range(6))
def test_a_damaged_file_of_any_name_is_an_error(data: bytes, name: str) -> None:
    with pytest.raises(InvalidExportError, match=f"^{name}: "):
        parse_export(data, name)


@pytest.mark.parametrize("damage", ["cut", "twice", "utf-16", "list", "deep", "digits", "shape"])
@given(secret=secrets, cut=st.integers(1))
@examples(10)
def test_file_error_quotes_no_content(damage: str, secret: str, cut: int) -> None:
    text = json.dumps({"pg": {"conn_type": "postgres", "password": secret, "extra": {"token": secret}}})
    data = {
        "cut": text[: cut % len(text)].encode(),
        "twice": f"{text[:-1]},{text[1:]}".encode(),
        "utf-16": text.encode("utf-16"),
        "list": f"[{text}]".encode(),
        "deep": text[:-1].encode() + b', "b": ' + DEEP + b"}",
        "digits": text[:-1].encode() + b', "b": ' + b"9" * 5000 + b"}",
        "shape": f'{{"a": ["{secret}"], "b": {text}}}'.encode(),
    }[damage]
    with pytest.raises(InvalidExportError) as caught:
        parse_export(data, "export.json")
    # UTF-16 puts a NUL behind each letter.
    assert secret not in shown_by(caught.value).replace("\\", "").replace("x00", "")


@given(secrets)
def test_problem_hides_secrets(secret: str) -> None:
    export = parse(
        {
            "a": {"conn_type": "http", "password": secret, "port": "x"},
            "b": f"http://u:{secret}@h:x",
            "c": {"conn_type": "http", "extra": {"token": secret}, "hots": secret},
            "d": {"conn_type": "http", "password": [secret]},
            "e": [secret],
        },
        "connections.json",
    )
    assert len(export.problems) == 5
    assert secret not in repr(export)


@given(secrets)
def test_export_hides_secrets(secret: str) -> None:
    export = parse({"pg": {"conn_type": "http", "password": secret, "extra": secret}}, "connections.json")
    export += parse({"key": secret, "other": {"value": secret, "description": "d"}}, "variables.json")
    assert secret not in repr(export)
    assert export.connections[0].password == export.variables[0].value == export.variables[1].value == secret


def test_exports_are_added_in_order() -> None:
    export = parse({"b": {"slots": 1}, "x": 5}, "pools.json")
    export += parse({"b": 1}, "vars.json") + parse({"a": {"slots": 2}}, "pools.json")
    assert export == Export(
        variables=(VariableRecord("b", 1),),
        pools=(Pool("b", 1), Pool("a", 2)),
        problems=(Problem("pool", "x", "the pool has no 'slots'; add a whole number of at least -1 (unlimited)"),),
    )


@given(st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode()), st.text(max_size=20))
def test_any_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    message = f"{name}: "
    try:
        parse_export(data, name)
    except InvalidExportError as exc:
        message = str(exc)
    assert message.startswith(f"{name}: ")


@given(st.dictionaries(any_text, json_values, max_size=4), st.sampled_from(["conns.json", "vars.json", "pools.json"]))
def test_each_entry_is_read_or_reported(entries: dict[str, object], name: str) -> None:
    export = parse(entries, name)
    found = [
        *(connection.conn_id for connection in export.connections),
        *(variable.key for variable in export.variables),
        *(pool.name for pool in export.pools),
        *(problem.id for problem in export.problems),
    ]
    assert sorted(found) == sorted(entries)


def test_all_recorded_exports_are_read() -> None:
    assert len(EXPORTS) == 6
    assert not any(parse_export(path.read_bytes(), path.name).problems for path in EXPORTS)
    assert read_json("airflow_exports_3.3/vars.json").keys() == read_json("airflow_exports_2.11/vars.json").keys()


def test_exports_refuse_same_connections_as_from_json() -> None:
    with pytest.raises(InvalidConnectionError) as caught:
        Connection.from_json({"conn_type": "http", "port": "x"}, "a")
    (problem,) = parse({"a": {"conn_type": "http", "port": "x"}}, "conns.json").problems
    assert str(caught.value) == f"connection 'a': {problem.reason}"
