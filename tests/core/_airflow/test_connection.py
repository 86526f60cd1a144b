"""`Connection` compared with recordings of Airflow 2.11.0 and 3.3.2, and properties for any input."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from typing import Any
from urllib.parse import quote

import pytest
from examples import examples
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import any_text, conn_types, json_values, json_values_of, ports, read_json

from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.connection_fields import FIELDS
from airflow_compat._airflow.connection_uri import UriParser
from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.errors import InvalidConnectionError

RECORDED_FIELDS = ("conn_type", "host", "schema", "login", "password", "port", "extra")
PARSERS: tuple[UriParser, ...] = ("task", "cli")
few_examples = examples(15)
many_examples = examples(400)

# Which of our parsers and versions stands for which of Airflow's classes.
RECORDED: dict[str, tuple[UriParser, AirflowVersion]] = {
    "airflow3.3.2_sdk": ("task", "3"),
    "airflow3.3.2_models": ("cli", "3"),
    "airflow2.11.0": ("task", "2"),
}
CASES = read_json("airflow_connections.json")["cases"]
LEFT_OUT = {
    "uri + kwargs": "our Connection has no `uri` argument to mix with the fields: from_uri takes the URI alone",
}


def connection_of(case: dict[str, Any], parser: UriParser) -> Connection:
    match case["kind"]:
        case "uri":
            return Connection.from_uri(case["input"], parser=parser)
        case "json":
            return Connection.from_json(case["input"])
        case _:
            return Connection(**case["input"])


def uri_roundtrip(connection: Connection, parser: UriParser, version: AirflowVersion) -> Any:
    """Return the recorded result: True, the fields that differ, or the refusal."""
    try:
        back = Connection.from_uri(connection.get_uri(airflow_version=version), parser=parser)
    except InvalidConnectionError:
        return "refused"
    pairs = {name: [getattr(connection, name), getattr(back, name)] for name in RECORDED_FIELDS}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]} or True


@pytest.mark.parametrize("airflow", RECORDED)
@pytest.mark.parametrize(
    "case", [case for case in CASES if case["note"] not in LEFT_OUT], ids=lambda case: case["note"]
)
def test_recorded_case(case: dict[str, Any], airflow: str) -> None:
    parser, version = RECORDED[airflow]
    recorded = case[airflow]
    if "error" in recorded:
        with pytest.raises(InvalidConnectionError):
            connection_of(case, parser)
        return
    connection = connection_of(case, parser)
    roundtrip = recorded["uri_roundtrip_equal"]
    assert {
        **{name: getattr(connection, name) for name in RECORDED_FIELDS},
        "extra_dejson": connection.extra_dejson,
        "get_uri": connection.get_uri(airflow_version=version),
        "as_json": connection.as_json(),
        "uri_roundtrip_equal": uri_roundtrip(connection, parser, version),
    } == {**recorded, "uri_roundtrip_equal": "refused" if str(roundtrip).startswith("!") else roundtrip}


def test_omitted_fields_match_recordings() -> None:
    notes = [case["note"] for case in CASES]
    assert len(notes) == len(set(notes)) == 33
    assert set(LEFT_OUT) <= set(notes)


# What no recording has; Airflow itself was asked.
def test_empty_second_scheme_gives_bare_host() -> None:
    assert Connection.from_uri("http:////proxy?next=http://").host == "proxy"


def test_a_host_with_a_path_keeps_its_case() -> None:
    assert Connection.from_uri("x://u@Host%2FPath:80/").host == "Host/Path"
    assert Connection.from_uri("x://u@Host%2DPath:80/").host == "host-Path"


def test_a_login_before_the_second_scheme_is_refused_with_and_without_a_password() -> None:
    for uri in ("http://u@https://h", "http://u:p@https://h", "http://h:80://h"):
        with pytest.raises(InvalidConnectionError, match="move the login or port behind the second '://'"):
            Connection.from_uri(uri)


@pytest.mark.parametrize("version", ["2", "3"])
def test_a_host_with_an_empty_protocol_is_written_without_it(version: AirflowVersion) -> None:
    assert Connection("c", "http", host="://h").get_uri(airflow_version=version) == "http://h"


def test_empty_conn_type_in_json_becomes_none() -> None:
    assert Connection.from_json('{"conn_type": "", "host": "h"}').conn_type is None


@pytest.mark.parametrize("port", ["", 0, None, False])
def test_empty_port_in_json_becomes_none(port: object) -> None:
    assert Connection.from_json({"port": port}).port is None


@pytest.mark.parametrize(("port", "read"), [("5432", 5432), (" 5432 ", 5432), (5432.7, 5432), (-1, -1)])
def test_a_port_in_json_is_cast(port: object, read: int) -> None:
    assert Connection.from_json({"port": port}).port == read


# Airflow takes these and fails later, in the hook.
@pytest.mark.parametrize("name", ["conn_type", "description", "host", "login", "password", "schema"])
@pytest.mark.parametrize("value", [5, True, ["a"], {"a": 1}])
def test_a_field_that_is_not_text_is_refused(name: str, value: object) -> None:
    with pytest.raises(InvalidConnectionError, match=f"'{name}' is of type {type(value).__name__}, not text"):
        Connection.from_json({name: value})


@pytest.mark.parametrize("extra", ["[1]", '"text"', "5", "null", "{"])
def test_only_cli_parser_requires_object_as_extra(extra: str) -> None:
    uri = f"http://h/?__extra__={quote(extra)}"
    assert Connection.from_uri(uri).extra == extra
    with pytest.raises(InvalidConnectionError, match="the extra of the connection is not a JSON object"):
        Connection.from_uri(uri, parser="cli")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", 'the connection is not JSON; use an object such as {"conn_type": "postgres"}'),
        ("[]", 'the JSON of the connection is not an object; use an object such as {"conn_type": "postgres"}'),
        (
            '{"b": 1, "a": 1}',
            f"unknown key 'a', 'b'; use only Airflow's keys: {', '.join(FIELDS)} and uri",
        ),
        ('{"host": 5}', "'host' is of type int, not text; put the value in quotes"),
        ('{"port": "x"}', "'port' is not a whole number; use a number such as 5432"),
    ],
)
def test_an_error_says_what_to_write(text: str, problem: str) -> None:
    with pytest.raises(InvalidConnectionError) as caught:
        Connection.from_json(text)
    assert str(caught.value) == f"connection '(no id)': {problem}"


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("http://a://b://c", "the URI has more than two '://'; percent-encode '/'"),
        ("http://u@https://h", "the URI has a login or port before its second '://'; move the login or port behind"),
        ("http://[h", "the value is not a URI; percent-encode '/'"),
    ],
)
def test_an_error_says_what_to_encode(uri: str, problem: str) -> None:
    with pytest.raises(InvalidConnectionError) as caught:
        Connection.from_uri(uri)
    assert str(caught.value).startswith(f"connection '(no id)': {problem}")


def test_error_names_conn_id_problem_and_next_step() -> None:
    with pytest.raises(InvalidConnectionError) as caught:
        Connection.from_uri("postgres://u:p@h:nope/db", "warehouse")
    assert str(caught.value) == (
        "connection 'warehouse': the URI's port is not a number from 0 to 65535; "
        "percent-encode '/', ':', '@', '?', '#', '[' and ']' in the login, password and host"
    )


# The domain in which Airflow's own get_uri can be read back. A host keeps no capitals; one that is a URL comes back
# only when its protocol isn't (or ends in) the connection's own type, which Airflow cuts out of the whole URI.
encodable = st.text()
hosts = encodable.filter(lambda host: "://" not in host and host == host.lower())
url_hosts = st.builds("{}://{}".format, st.sampled_from(["https", "tcp"]), hosts.filter(bool))
# An object comes back in json.dumps' own spelling, so that these must not be one.
free_extras = encodable.filter(lambda extra: extra and "{" not in extra)
flat_extras = st.dictionaries(encodable.filter(lambda key: key != "__extra__"), encodable, min_size=1, max_size=4)
nested_extras = st.dictionaries(encodable, json_values_of(encodable), max_size=4).filter(
    lambda extra: "__extra__" not in extra
)


@st.composite
def reversible(draw: st.DrawFn) -> Connection:
    conn_type = draw(conn_types)
    host = draw(hosts | url_hosts.filter(lambda host: not host.split("://")[0].endswith(conn_type.replace("_", "-"))))
    login, password = draw(
        st.tuples(st.none(), st.none()) | st.tuples(encodable.filter(bool), st.none()) | st.tuples(encodable, encodable)
    )
    bare = not host and login is None
    return Connection(
        conn_id="c",
        conn_type=conn_type,
        host=draw(st.just(host)),
        login=login,
        password=password,
        schema=draw(encodable),
        port=None if bare else draw(ports),
        extra=draw(st.none() | free_extras | (flat_extras | nested_extras).map(json.dumps)),
    )


@given(reversible())
@example(Connection("c", "http", host="https://api.example.com/V1", schema="", port=443, extra='{"a": "1"}'))
@example(Connection("c", "ftp", host="::1", schema="d", login="", password=""))
def test_uri_roundtrip_keeps_connection(connection: Connection) -> None:
    assert Connection.from_uri(connection.get_uri(), "c") == connection


@given(
    st.builds(
        Connection,
        conn_id=st.just("c"),
        conn_type=st.none() | conn_types,
        description=st.none() | any_text,
        host=st.none() | any_text,
        login=st.none() | any_text,
        password=st.none() | any_text,
        schema=st.none() | any_text,
        port=ports,
        # Text in place of an object is taken for JSON itself.
        extra=st.none() | json_values.filter(lambda value: value and not isinstance(value, str)).map(json.dumps),
    )
)
def test_json_roundtrip_keeps_connection(connection: Connection) -> None:
    assert Connection.from_json(connection.as_json(), "c") == connection
    assert Connection.from_json(json.loads(connection.as_json()), "c") == connection


# Text that is near to a URI gets further than noise does.
uri_like = st.lists(
    st.sampled_from(
        [*":/@?#[]%=&.,+-_ \n\t", "://", "http", "https://", "__extra__", "%2F", "%", "\u2100", "\uff11", "é"]
    )
    | st.text(max_size=3),
    max_size=14,
).map("".join)
json_like = (json_values | st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=5)).map(json.dumps)


@given(any_text | uri_like, st.sampled_from(PARSERS))
@many_examples
@example("", "task")
@example("http://[", "task")
@example("http://h\u2100/", "task")
@example("x://h/?a=" + "9" * 5000, "cli")
@example("x://h/?a=" + "[" * 100_000, "cli")
@example("x://h/?__extra__=" + "[" * 100_000, "cli")
@example("x://\udcff:\udcff@\udcff/\udcff?\udcff=\udcff", "cli")
def test_any_text_is_a_connection_by_uri_or_refused(text: str, parser: UriParser) -> None:
    try:
        connection = Connection.from_uri(text, "c", parser=parser)
    except InvalidConnectionError:
        return
    assert all(isinstance(getattr(connection, name), (str, int, type(None))) for name in FIELDS)
    assert repr(connection)
    assert json.loads(connection.as_json())["conn_type"] == connection.conn_type
    assert hash(connection) == hash(Connection.from_uri(text, "c", parser=parser))


@given(any_text | json_like)
@many_examples
@example("")
@example("\ufeff{}")
@example('{"host": "\\ud800", "extra": {"\\udfff": "\\ud800"}}')
@example('{"port": ' + "9" * 5000 + "}")
@example('{"port": "' + "9" * 5000 + '"}')
@example('{"port": 1e999}')
@example('{"port": NaN}')
@example('{"extra": ' + "9" * 4000 + "}")
@example('{"extra": "' + "9" * 5000 + '"}')
@example("[" * 100_000)
@example('{"extra": ' + "[" * 100_000 + "]" * 100_000 + "}")
@example('{"extra": "' + "[" * 100_000 + '"}')
@example('{"extra": ' + "[" * 950 + "]" * 950 + "}")
def test_any_text_is_a_connection_by_json_or_refused(text: str) -> None:
    try:
        connection = Connection.from_json(text, "c")
    except InvalidConnectionError:
        return
    assert all(isinstance(getattr(connection, name), (str, int, type(None))) for name in FIELDS)
    assert repr(connection)
    assert isinstance(json.loads(connection.as_json()), dict)


@given(st.integers(900, 1000), st.sampled_from([("[", "]"), ('{"a":', "}")]))
def test_nesting_near_the_interpreters_limit_is_a_connection_or_refused(depth: int, pair: tuple[str, str]) -> None:
    # What can just be decoded may be too deep to be encoded again.
    nested = pair[0] * depth + "1" + pair[1] * depth
    for read in (
        lambda: Connection.from_json(f'{{"extra": {nested}}}'),
        lambda: Connection.from_uri(f"x://h/?a={quote(nested)}", parser="cli"),
    ):
        try:
            connection = read()
        except InvalidConnectionError:
            continue
        assert connection.extra


@given(st.dictionaries(st.sampled_from([*FIELDS, "conn_id", "uri"]) | any_text, json_values, max_size=6))
def test_any_mapping_is_a_connection_or_refused(fields: dict[str, Any]) -> None:
    before = copy.deepcopy(fields)
    try:
        connection = Connection.from_json(fields)
    except InvalidConnectionError:
        connection = None
    assert fields == before
    if set(fields) - {*FIELDS, "uri"}:
        assert connection is None


def test_connections_are_equal_by_their_fields() -> None:
    connection = Connection("c", "http", password="p", extra="{}")
    assert connection == Connection("c", "http", password="p", extra="{}")
    assert hash(connection) == hash(Connection("c", "http", password="p", extra="{}"))
    assert connection != Connection("c", "http", password="q", extra="{}")
    assert connection != Connection("d", "http", password="p", extra="{}")
    assert connection != "c"


def test_connections_can_be_copied_but_not_changed() -> None:
    connection = Connection("c", "http", password="qxzjkwvq", extra="{}")
    assert copy.deepcopy(connection) == pickle.loads(pickle.dumps(connection)) == connection
    with pytest.raises(dataclasses.FrozenInstanceError) as caught:
        connection.password = "vwkjzxqv"
    assert "qxzjkwvq" not in str(caught.value)
    assert "vwkjzxqv" not in str(caught.value)
