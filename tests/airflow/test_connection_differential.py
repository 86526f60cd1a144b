"""Our `Connection` against Airflow's own, on generated URIs, JSON and fields.

In 3.x there are two to compare with, `airflow.sdk.Connection` (tasks) and `airflow.models.Connection` (the command line
and the database); in 2.11 there is one. Where ours is meant to differ, a test of its own says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from real_airflow import MAJOR, load

from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.connection_fields import FIELDS
from airflow_compat._airflow.connection_uri import UriParser
from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.errors import InvalidConnectionError

VERSION: AirflowVersion = "2" if MAJOR == "2" else "3"
MODELS = load("airflow.models.connection").Connection
SDK = load("airflow.sdk").Connection if VERSION == "3" else None
CLASSES = [pytest.param(cls, id=name) for name, cls in (("sdk", SDK), ("models", MODELS)) if cls]

# Airflow 2.11 warns of an extra that 3.x refuses.
pytestmark = pytest.mark.filterwarnings("ignore")

REFUSED = "refused"


@pytest.fixture(scope="module", autouse=True)
def _no_masking() -> Iterator[None]:
    """Airflow's log masker compiles one more pattern for each password, which takes ever longer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load("airflow.models.connection"), "mask_secret", lambda *args: None)
        if SDK:
            patch.setattr(load("airflow.sdk.log"), "mask_secret", lambda *args: None)
        yield


def parser_of(cls: type) -> UriParser:
    return "cli" if cls is MODELS and VERSION == "3" else "task"


def airflow_from_uri(cls: type, uri: str) -> Any:
    return MODELS(uri=uri) if cls is MODELS else cls.from_uri(uri, conn_id="c")


def airflow_from_fields(cls: type, fields: dict[str, Any]) -> Any:
    return cls(conn_id="c", **fields)


def seen(connection: Any, **get_uri: Any) -> dict[str, str]:
    """All that there is to see of a connection, types and NaN included."""
    try:
        uri = connection.get_uri(**get_uri)
    except ValueError:
        # JSON can hold lone surrogates, by their escapes, and a URI can't.
        uri = REFUSED
    return {
        **{name: repr(getattr(connection, name)) for name in FIELDS},
        "extra_dejson": repr(connection.extra_dejson),
        "as_json": connection.as_json(),
        "get_uri": uri,
    }


def airflows(make: Callable[[], Any]) -> dict[str, str] | str:
    # Airflow refuses with AirflowException, ValueError, TypeError, AttributeError and others.
    try:
        return seen(make())
    except Exception:  # noqa: BLE001
        return REFUSED


def ours(make: Callable[[], Connection], cls: type) -> dict[str, str] | str:
    try:
        connection = make()
    except InvalidConnectionError:
        return REFUSED
    if cls is MODELS:
        # The database keeps no empty password.
        bare = replace(connection, password=connection.password or None)
        if VERSION == "2":
            assert seen(bare, airflow_version="2")["get_uri"] == seen(connection, airflow_version="2")["get_uri"]
        connection = bare
    return seen(connection, airflow_version=VERSION)


# Lone surrogates are left out: a database can't keep them.
texts = st.text(max_size=8)
WORDS = [
    "a",
    "Host",
    "p%40ss",
    "%2Fvar%2Fx.db",
    "a%20b",
    "%e9",
    "%",
    "%zz",
    "é",
    "ß",
    "\uff11",
    "h1,h2",
    "[::1]",
    "[",
    "\u2100",
    "~",
]
words = st.sampled_from(WORDS) | texts | texts.map(lambda text: quote(text, safe=""))
schemes = st.sampled_from(
    ["postgres", "postgresql", "http", "HTTPS", "google-cloud-platform", "my_type", "a", "s", "a+b.c", "1a", "", "é"]
) | st.from_regex(r"[a-z][a-z0-9+.-]{0,5}", fullmatch=True)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
json_objects = st.dictionaries(texts, json_values, max_size=3)


def optional(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just("") | parts


logins = st.builds("{}{}@".format, words, optional(words.map(":{}".format)))
port_texts = st.sampled_from(
    [":5432", ":0", ":65535", ":65536", ":", ":x", ":-1", ":+5", ": 5", ":5 ", ":\u0663", ":007"]
)
paths = st.lists(words, max_size=2).map(lambda parts: "/" + "/".join(parts))
query_values = words | json_values.map(lambda value: quote(json.dumps(value))) | json_values.map(json.dumps)
pairs = st.builds("{}={}".format, words | st.just("a"), query_values) | words
extras = st.builds("__extra__={}".format, query_values | json_objects.map(lambda value: quote(json.dumps(value))))
queries = st.lists(pairs | extras, max_size=3).map("&".join).map("?{}".format)
uris = st.builds(
    "{}://{}{}{}{}{}{}{}".format,
    schemes,
    optional(schemes.map("{}://".format)),
    optional(logins),
    optional(words),
    optional(port_texts),
    optional(paths),
    optional(queries),
    optional(words.map("#{}".format)),
)
noise = st.lists(
    st.sampled_from(
        [*":/@?#[]%=&.,;+-_ \t\n\r\x00", "://", "http", "https://", "__extra__=", "%2F", "%3A%2F%2F", "\u2100"]
    )
    | words,
    max_size=12,
).map("".join)


@st.composite
def mangled(draw: st.DrawFn) -> str:
    uri = draw(uris)
    start = draw(st.integers(0, len(uri)))
    return uri[:start] + draw(words | st.sampled_from(":/@?#[]%&")) + uri[start + draw(st.integers(0, 3)) :]


@pytest.mark.parametrize("cls", CLASSES)
@settings(max_examples=3000)
@given(uri=uris | mangled() | noise)
@example(uri="http:////proxy?next=http://")
@example(uri="postgres://u:@h/db")
@example(uri="s://https://h/")
@example(uri="HTTP://https://h/")
@example(uri="x://h/?__extra__=")
@example(uri="x://h/?__extra__=%5B1%5D")
@example(uri="x://h/?a=%7B%22b%22%3A%201%7D&a=NaN&=1&b")
@example(uri="x://%2Fvar%2FX.db:x/")
@example(uri="x://h/?__extra__=%7B%22%5Cud800%22%3A%201%7D")
def test_a_uri_is_read_as_airflow_reads_it(cls: type, uri: str) -> None:
    # Airflow's models take an empty URI for none at all.
    if uri:
        expected = airflows(lambda: airflow_from_uri(cls, uri))
        assert ours(lambda: Connection.from_uri(uri, parser=parser_of(cls)), cls) == expected


# Fields that are not text, and a port that is true, are refused by ours alone: see below.
port_values = json_values.filter(lambda value: value is not True) | st.sampled_from(
    ["5432", " 5432 ", "5_4", "٣", "0x1", "-1"]
)
json_fields = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.none() | texts for name in ("conn_type", "description", "host", "login", "password", "schema")},
        "port": port_values,
        "extra": json_objects | json_objects.map(json.dumps) | st.sampled_from([None, "", 0, False]),
    },
)
conn_types = st.sampled_from(["postgresql", "google-cloud-platform", "my_type", "", "http", "A-B"])
known_json = (
    st.builds(lambda fields, conn_type: {**fields, "conn_type": conn_type}, json_fields, conn_types) | json_fields
)
unknown_json = st.builds(
    lambda fields, key, value: {**fields, key: value},
    json_fields,
    st.sampled_from(["conn_id", "hots", "is_encrypted", "Host", "", "id"]),
    json_values,
)


@pytest.mark.parametrize("cls", CLASSES)
@settings(max_examples=1500)
@given(value=known_json | unknown_json | json_values)
@example(value={"conn_type": "", "host": "h"})
@example(value={"password": "", "schema": ""})
def test_json_is_read_as_airflow_reads_it(cls: type, value: Any) -> None:
    text = json.dumps(value)
    expected = airflows(lambda: cls.from_json(text))
    assert ours(lambda: Connection.from_json(text), cls) == expected


@pytest.mark.parametrize("cls", CLASSES)
@settings(max_examples=500)
@given(text=texts | noise | st.builds(lambda value, cut: json.dumps(value)[:cut], known_json, st.integers(0, 80)))
def test_text_that_may_not_be_json_is_read_as_airflow_reads_it(cls: type, text: str) -> None:
    expected = airflows(lambda: cls.from_json(text))
    assert ours(lambda: Connection.from_json(text), cls) == expected


# Only tasks, and all of 2.11, take an extra that is no JSON object.
free_extras = st.none() | texts | json_values.map(json.dumps)
fields_of_tasks = {
    "conn_type": st.none() | schemes | texts,
    "description": st.none() | texts,
    "host": st.none() | words | st.builds("{}://{}".format, schemes, words),
    "login": st.none() | texts,
    "password": st.none() | texts,
    "schema": st.none() | texts,
    "port": st.none() | st.integers(0, 70_000),
    "extra": free_extras,
}
fields_of_models = fields_of_tasks | {"extra": st.none() | json_objects.map(json.dumps)}


@pytest.mark.parametrize("cls", CLASSES)
@settings(max_examples=1500)
@given(data=st.data())
def test_fields_are_written_as_airflow_writes_them(cls: type, data: st.DataObject) -> None:
    fields = data.draw(st.fixed_dictionaries(fields_of_models if parser_of(cls) == "cli" else fields_of_tasks))
    expected = airflows(lambda: airflow_from_fields(cls, fields))
    assert expected != REFUSED
    assert ours(lambda: Connection("c", **fields), cls) == expected


# Where ours is meant to differ.


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("field", ["host", "login", "schema", "description"])
def test_a_field_that_is_not_text_is_refused_by_ours_alone(cls: type, field: str) -> None:
    # In Airflow it fails later: in get_uri, or in the hook.
    text = json.dumps({"conn_type": "http", field: 5})
    assert getattr(cls.from_json(text), field) == 5
    with pytest.raises(InvalidConnectionError, match=f"'{field}' is of type int, not text"):
        Connection.from_json(text)


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("given", [{"host": 5}, {"port": "x"}, {"extra": {1, 2}}, {"uri": 5}], ids=repr)
def test_a_field_of_another_type_is_refused_by_our_constructor_at_once(cls: type, given: dict[str, Any]) -> None:
    # In Airflow some fail at once, some later, and a port that is text goes into the URI as it is.
    with pytest.raises(InvalidConnectionError):
        Connection("c", **given)


@pytest.mark.parametrize("cls", CLASSES)
def test_a_port_that_is_text_is_a_number_in_ours(cls: type) -> None:
    assert cls(conn_id="c", port="5432").port == "5432"
    assert Connection("c", port="5432").port == 5432


@pytest.mark.parametrize("cls", CLASSES)
def test_an_empty_uri_is_what_the_task_sdk_makes_of_it(cls: type) -> None:
    ours_ = seen(Connection.from_uri("", "c"), airflow_version=VERSION)
    assert ours_ == seen(Connection("c", uri=""), airflow_version=VERSION)
    assert (ours_ == seen(cls(conn_id="c", uri=""))) is (cls is SDK)


@pytest.mark.parametrize("cls", CLASSES)
def test_a_port_that_is_true_is_refused_by_ours_alone(cls: type) -> None:
    assert cls.from_json('{"port": true}').port == 1
    with pytest.raises(InvalidConnectionError, match="'port' is not a whole number"):
        Connection.from_json('{"port": true}')


# What a constructor is given beside text: an extra as an object, and a URI in place of the fields. Empty ones, which
# Airflow keeps as they are, are left out.
objects = json_objects.filter(bool)
constructor_fields = st.fixed_dictionaries({}, optional=fields_of_models | {"extra": objects | objects.map(json.dumps)})
constructor_uris = st.builds(lambda uri, more: {"uri": uri, **more}, uris | mangled() | noise, st.just({})) | st.builds(
    lambda uri, more: {"uri": uri, **more},
    uris,
    st.fixed_dictionaries({}, optional={"host": words.filter(bool), "login": words.filter(bool)}),
)


@pytest.mark.parametrize("cls", CLASSES)
@settings(max_examples=1500)
@given(given=constructor_fields | constructor_uris)
@example(given={})
@example(given={"login": "", "password": "", "host": "", "schema": ""})
@example(given={"extra": {"a": {"b": [1, None]}}})
@example(given={"uri": "just-a-token"})
@example(given={"uri": "http://h", "host": "h"})
@example(given={"uri": None, "host": "h"})
def test_a_constructor_makes_what_airflows_makes(cls: type, given: dict[str, Any]) -> None:
    # Airflow's models take an empty URI for none at all, and 3.x's decode its query.
    if given.get("uri") == "" or (cls is MODELS and VERSION == "3" and "?" in (given.get("uri") or "")):
        return
    if cls is SDK and isinstance(given.get("extra"), dict):
        # The task SDK keeps the object, and fails on all that reads it.
        given = {**given, "extra": json.dumps(given["extra"])}
    expected = airflows(lambda: cls(conn_id="c", **given))
    assert ours(lambda: Connection("c", **given), cls) == expected


def test_the_arguments_stand_in_the_order_of_airflows_models() -> None:
    given = ("c", "http", "d", "h", "u", "p", "s", 5, '{"a": 1}')
    assert seen(Connection(*given), airflow_version=VERSION) == seen(MODELS(*given))


uris_in_json = st.builds(
    lambda uri, more: {"uri": uri, **more},
    st.builds("{}://{}h/{}".format, schemes, optional(logins), optional(words)),
    st.fixed_dictionaries({}, optional={"extra": st.just(""), "port": st.just(0), "conn_type": st.just("")}),
) | st.builds(lambda uri: {"uri": uri, "login": "u"}, uris)


@pytest.mark.parametrize("cls", CLASSES)
@settings(max_examples=500)
@given(value=uris_in_json)
@example(value={"uri": "http://u:p@h/s"})
@example(value={"uri": "http://h", "host": "h"})
def test_a_uri_in_json_is_read_as_airflow_reads_it(cls: type, value: dict[str, Any]) -> None:
    text = json.dumps(value)
    expected = airflows(lambda: cls.from_json(text, conn_id="c"))
    assert ours(lambda: Connection.from_json(text, "c"), cls) == expected


def test_empty_fields_beside_a_uri_in_json_are_read_as_the_models_read_them() -> None:
    text = '{"uri": "http://h", "host": null, "description": "d"}'
    assert seen(Connection.from_json(text, "c"), airflow_version=VERSION) == seen(MODELS.from_json(text, conn_id="c"))
    if SDK:
        with pytest.raises(Exception, match="You must create an object using the URI or individual values"):
            SDK.from_json(text, conn_id="c")


@pytest.mark.skipif(VERSION == "2", reason="2.11 takes any extra")
def test_an_extra_that_is_no_object_is_taken_from_json_as_tasks_take_it() -> None:
    text = '{"conn_type": "http", "extra": "[1]"}'
    assert SDK.from_json(text, conn_id="c").extra == Connection.from_json(text).extra == "[1]"
    with pytest.raises(ValueError, match="does not parse as a dictionary"):
        MODELS.from_json(text)


@pytest.mark.parametrize("cls", CLASSES)
def test_an_extra_that_is_too_deep_or_too_long_is_empty_in_ours(cls: type) -> None:
    # Airflow's extra_dejson raises what json.loads raises, but for JSONDecodeError.
    for extra in ("[" * 100_000, "9" * 5000):
        with pytest.raises((RecursionError, ValueError)):
            airflow_from_fields(cls, {"conn_type": "http", "extra": extra}).extra_dejson  # noqa: B018
        assert Connection("c", "http", extra=extra).extra_dejson == {}
