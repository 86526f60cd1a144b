"""No repr, print or error shows a connection's password or extra."""

from __future__ import annotations

import json

import pytest
from examples import examples
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import secrets, shown_by

from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.connection_uri import UriParser
from airflow_compat.errors import InvalidConnectionError

RECORDED_FIELDS = ("conn_type", "host", "schema", "login", "password", "port", "extra")
PARSERS: tuple[UriParser, ...] = ("task", "cli")
few_examples = examples(15)
many_examples = examples(400)


@given(secrets, secrets)
def test_repr_hides_password_and_extra(password: str, extra: str) -> None:
    uri = f"postgres://u:{password}@h:5432/db?key={extra}&api_key={extra}"
    for connection in (
        Connection.from_uri(uri, "pg"),
        Connection.from_uri(uri, "pg", parser="cli"),
        Connection.from_json({"password": password, "extra": {"key": [extra]}}, "pg"),
        Connection.from_json(json.dumps({"password": password, "extra": extra}), "pg"),
        Connection("pg", password=password, extra=extra),
    ):
        shown = f"{connection} {connection!r} {connection!s:>200} {[connection]} {{'a': connection}} {(connection,)}"
        assert password not in shown
        assert extra not in shown
        assert shown.count("password='***'") == shown.count("extra='***'") == 5
        assert connection.password == password
        assert extra in connection.as_json() or extra in str(connection.extra)


@pytest.mark.parametrize(
    "host", ["https://hooks.example.com/services/{}", "u:{}@h", "https://u:{}@h", "h?token={}", "/run/{}"]
)
@given(secret=secrets)
@few_examples
def test_host_with_possible_secret_is_hidden(host: str, secret: str) -> None:
    connection = Connection("c", host=host.format(secret))
    assert secret not in repr(connection)
    assert "host='***'" in repr(connection)


def test_a_repr_shows_the_rest() -> None:
    connection = Connection.from_uri("http://u:p@https%3A%2F%2Fapi.example.com:443/v1?a=b", "web")
    assert repr(connection) == (
        "Connection(conn_id='web', conn_type='http', host='https://api.example.com', login='u', password='***', "
        "schema='v1', port=443, extra='***')"
    )
    assert repr(Connection()) == "Connection()"


@given(secrets)
@example("qxzjkwvq")
def test_rest_of_unencoded_password_is_hidden(secret: str) -> None:
    # The URI is legal: Airflow too takes "1" for the port, and the rest of the password for the schema.
    connection = Connection.from_uri(f"postgres://u:1/{secret}@h/db", "pg")
    assert connection.schema == f"{secret}@h/db"
    assert secret not in repr(connection)


MANGLED_URIS = [
    "postgres://u:{}@h:notaport/db",
    "postgres://u:p@h:{}/db",
    "postgres://u:{}@h:65536/db",
    "postgres://u:{}@h:-1/db",
    "postgres://u:{}/{}@h/db",
    "postgres://u:{}#{}@h/db",
    "postgres://u:{}?{}@h/db",
    "postgres://u:{}[@h/db",
    "postgres://u:{}]@h/db",
    "postgres://[{}@h/db",
    "postgres://u:{}@[h/db",
    "postgres://u:{}@h\u2100x/db",
    "postgres://u:{}\uff1a@h/db",
    "postgres://u:{}\uff0f@h/db",
    "http://u:{}@https://h",
    "http://{}:443://h",
    "http://https://u:{}@h://x",
    "http://a://b://c://{}",
    "http://https://u:{}@h:x/",
    "http://https://u:{}@[h/",
    "postgres://u@h:x/?password={}",
    "postgres://u@h:x/?__extra__=%7B%22token%22%3A%20%22{}%22%7D",
]
# The command line's parser alone refuses these.
MANGLED_EXTRAS = [
    "postgres://u@h/?__extra__={}",
    "postgres://u@h/?__extra__=%5B%22{}%22%5D",
    "postgres://u@h/?__extra__=%22{}%22",
    "postgres://u@h/?__extra__=%7B%22token%22%3A%20%22{}",
    "postgres://u:{}@h/?__extra__=5",
]


@pytest.mark.parametrize(
    ("uri", "parser"),
    [*((uri, parser) for uri in MANGLED_URIS for parser in PARSERS), *((uri, "cli") for uri in MANGLED_EXTRAS)],
)
@given(secret=secrets)
@few_examples
def test_uri_error_quotes_nothing(uri: str, parser: UriParser, secret: str) -> None:
    with pytest.raises(InvalidConnectionError) as caught:
        Connection.from_uri(uri.format(secret, secret), "pg", parser=parser)
    assert secret not in shown_by(caught.value).lower()
    assert "'pg'" in str(caught.value)
    assert caught.value.__context__ is None


@given(secrets, secrets, st.data())
def test_incomplete_json_error_quotes_nothing(password: str, extra: str, data: st.DataObject) -> None:
    text = json.dumps({"conn_type": "http", "password": password, "extra": {"token": extra}})
    cut = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(InvalidConnectionError) as caught:
        Connection.from_json(text[:cut], "c")
    shown = shown_by(caught.value)
    assert password not in shown
    assert extra not in shown
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '["{}"]',
        '"{}"',
        '{{"password": "{}"',
        '{{"password": ["{}"]}}',
        '{{"password": {{"a": "{}"}}}}',
        '{{"password": "{}", "port": "x"}}',
        '{{"port": "{}"}}',
        '{{"port": ["{}"]}}',
        '{{"port": {{"a": "{}"}}}}',
        '{{"conn_type": ["{}"]}}',
        '{{"extra": {{"token": "{}"}}, "port": [1]}}',
        '{{"extra": "{}", "port": 1e999}}',
        '{{"api_key": "{}"}}',
        '{{"conn_id": "c", "password": "{}"}}',
        '{{"uri": "http://u:{}@h:x"}}',
        '{{"uri": "http://u:{}@h", "login": "u"}}',
        '{{"password": "{}"}}{{',
    ],
)
@given(secret=secrets)
@few_examples
def test_json_error_quotes_nothing(text: str, secret: str) -> None:
    with pytest.raises(InvalidConnectionError) as caught:
        Connection.from_json(text.format(secret), "c")
    assert secret not in shown_by(caught.value)
    assert caught.value.__context__ is None


# The pieces of a login, mixed: most are refused, and what is refused must not be quoted.
@given(
    secrets,
    st.lists(
        st.sampled_from([*":/@?#[]%", "://", "http", "h", "5432", "x", "&a=", "__extra__=", "\u2100"]), max_size=8
    ),
    st.integers(0, 8),
    st.sampled_from(PARSERS),
)
@many_examples
def test_mangled_uri_error_hides_password(secret: str, pieces: list[str], position: int, parser: UriParser) -> None:
    pieces.insert(position, f"u:{secret}@")
    shown = ""
    try:
        Connection.from_uri("http://" + "".join(pieces), "c", parser=parser)
    except InvalidConnectionError as exc:
        shown = shown_by(exc)
    assert secret not in shown


@pytest.mark.parametrize("field", ["login", "password", "host", "schema", "extra"])
def test_get_uri_error_hides_secrets(field: str) -> None:
    # Python's own error, which Airflow lets through, carries the text.
    connection = Connection("c", "http", **{field: "\ud800", "password": "qxzjkwvq\ud800"})
    with pytest.raises(InvalidConnectionError, match="connection 'c': ") as caught:
        connection.get_uri()
    assert "qxzjkwvq" not in shown_by(caught.value)
