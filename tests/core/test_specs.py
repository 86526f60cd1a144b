"""Prefect's specs of connections, variables and pools, and the reported losses."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from strategies import any_text, connections, ids, json_objects, ports, secrets

from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.export_data import Export, Problem
from airflow_compat._airflow.names import block_name
from airflow_compat._airflow.pool import Pool
from airflow_compat._airflow.variable import SENSITIVE_WORDS, VariableRecord
from airflow_compat._prefect.plan import Item
from airflow_compat._prefect.specs import MARK, BlockSpec, LimitSpec, VariableSpec
from airflow_compat.connections._block_types import airflow_connection
from airflow_compat.connections._block_types.sql_dialects import DIALECTS
from airflow_compat.connections._specs import (
    HOMES,
    NATIVE_SLUGS,
    connection_from_document,
    home_of,
    spec_from_connection,
)
from airflow_compat.errors import InvalidNameError
from airflow_compat.importing._plan import Holdings
from airflow_compat.variables._specs import KEY_TAG, SECRET_SLUG, spec_from_variable

NATIVE = "sqlalchemy-connector"
WHOLE = airflow_connection.SLUG


def read_back(spec: BlockSpec) -> Connection:
    # Over JSON, as a server keeps it.
    return connection_from_document(spec.type_slug, spec.name, json.loads(json.dumps(spec.data)))


postgres_connections = st.builds(
    Connection,
    conn_id=ids,
    conn_type=st.just("postgres"),
    description=st.none() | any_text,
    host=st.none() | any_text,
    login=st.none() | any_text,
    password=st.none() | any_text,
    schema=st.none() | any_text,
    port=ports,
    extra=st.none() | json_objects.filter(bool).map(json.dumps),
)
sqlite_connections = st.builds(
    Connection,
    conn_id=ids,
    conn_type=st.just("sqlite"),
    description=st.none() | any_text,
    host=st.none() | any_text,
    login=st.none() | st.just(""),
    password=st.none() | st.just(""),
)


@given(postgres_connections | sqlite_connections)
@example(Connection("pg", "postgres", "d", "h", "u", "p@", "db", 5432, '{"sslmode": "require"}'))
@example(Connection("lite", "sqlite", "d", "/var/x.db"))
def test_a_native_block_gives_the_connection_back(connection: Connection) -> None:
    spec, losses = spec_from_connection(connection)
    assume(not losses)
    assert spec.type_slug == NATIVE
    assert read_back(spec) == connection


# Airflow gives "" for what a URI leaves out and None for what JSON leaves out; the native block does not tell a
# sqlite connection's schema, nor an extra that is there but empty, from one that is not.
@pytest.mark.parametrize(
    ("connection", "read"),
    [
        (Connection.from_uri("sqlite://%2Fvar%2Fx.db", "c"), Connection("c", "sqlite", host="/var/x.db")),
        (Connection("c", "postgres", host="h", extra=" {} "), Connection("c", "postgres", host="h")),
        (Connection("c", "postgres", extra='{"a":1}'), Connection("c", "postgres", extra='{"a": 1}')),
        (Connection("c", "postgres", extra='{"a": 0, "a": 1}'), Connection("c", "postgres", extra='{"a": 1}')),
    ],
)
def test_native_block_writes_equal_values_alike(connection: Connection, read: Connection) -> None:
    spec, losses = spec_from_connection(connection)
    assert not losses
    assert read_back(spec) == read
    assert read.extra_dejson == connection.extra_dejson


def test_the_data_of_a_postgres_block() -> None:
    connection = Connection("pg", "postgres", "d", "h", "u", "p", "db", 5432, '{"sslmode": "require"}')
    spec, losses = spec_from_connection(connection)
    assert losses == []
    assert spec == BlockSpec(
        NATIVE,
        "pg",
        {
            "connection_info": {
                "driver": "postgresql+psycopg2",
                "database": "db",
                "username": "u",
                "password": "p",
                "host": "h",
                "port": 5432,
            },
            "connect_args": {"sslmode": "require"},
            MARK: {"conn_id": "pg", "description": "d"},
        },
    )


def test_the_data_of_a_sqlite_block() -> None:
    spec, losses = spec_from_connection(Connection("lite", "sqlite", host="/var/x.db"))
    assert losses == []
    assert spec.data == {
        "connection_info": {"driver": "sqlite+pysqlite", "database": "/var/x.db"},
        MARK: {"conn_id": "lite", "description": None},
    }


RESERVED = [
    "aws_conn_id",
    "azure_conn_id",
    "cluster-identifier",
    "cursor",
    "iam",
    "redshift",
    "redshift-serverless",
    "sqlalchemy_query",
    "sqlalchemy_scheme",
    "workgroup-name",
]


@pytest.mark.parametrize("key", RESERVED)
def test_key_kept_by_airflows_hook_is_a_loss(key: str) -> None:
    connection = Connection("pg", "postgres", host="h", extra=json.dumps({key: "x", "sslmode": "require"}))
    spec, losses = spec_from_connection(connection)
    assert losses == [f"extra {key!r} is for Airflow's hook, and the driver would refuse it"]
    assert spec.type_slug == WHOLE
    assert read_back(spec) == connection


@pytest.mark.parametrize("key", [*SENSITIVE_WORDS, "sslPassword", " API_KEY ", "api-key", "Api Key"])
def test_a_secret_extra_key_is_a_loss_and_its_value_is_not_shown(key: str) -> None:
    connection = Connection("pg", "postgres", host="h", extra=json.dumps({key: "qxzjkwvq"}))
    spec, losses = spec_from_connection(connection)
    assert losses == [f"extra {key!r} is a secret, and connect_args is not masked"]
    assert spec.type_slug == WHOLE
    assert "qxzjkwvq" not in repr(spec)


@pytest.mark.parametrize("extra", [{"options": {"password": "x"}}, {"a": [{"b": {"api_key": "x"}}]}])
def test_a_secret_deep_in_the_extra_is_a_loss(extra: dict[str, object]) -> None:
    _, losses = spec_from_connection(Connection("pg", "postgres", host="h", extra=json.dumps(extra)))
    assert len(losses) == 1
    assert losses[0].endswith("is a secret, and connect_args is not masked")


@pytest.mark.parametrize("extra", ["[1]", '"text"', "5", "null", "[]", '""', "0", "not json", "{", "[" * 100_000])
def test_extra_that_is_not_an_object_is_a_loss(extra: str) -> None:
    connection = Connection("pg", "postgres", host="h", extra=extra)
    spec, losses = spec_from_connection(connection)
    assert losses == ["the connection's extra is not a JSON object, so it can't be passed to the driver"]
    assert read_back(spec) == connection


def test_each_loss_has_a_line() -> None:
    extra = json.dumps({"token": 1, "iam": True, "cursor": "c", "sslmode": "x"})
    assert spec_from_connection(Connection("pg", "postgres", extra=extra))[1] == [
        "extra 'cursor' is for Airflow's hook, and the driver would refuse it",
        "extra 'iam' is for Airflow's hook, and the driver would refuse it",
        "extra 'token' is a secret, and connect_args is not masked",
    ]


@pytest.mark.parametrize(
    ("field", "value"), [("login", "u"), ("password", "p"), ("schema", "s"), ("port", 1), ("extra", "{}")]
)
def test_fields_that_a_sqlite_url_cannot_hold_are_a_loss(field: str, value: object) -> None:
    connection = Connection(**{"conn_id": "lite", "conn_type": "sqlite", "host": "/x.db", field: value})
    spec, losses = spec_from_connection(connection)
    assert losses == [f"{field} has no place in a SQLite URL"]
    assert spec.type_slug == WHOLE
    assert read_back(spec) == connection


@given(connections)
@example(Connection("c", "", "", "", "", "", "", 0, ""))
@example(Connection("c"))
def test_airflow_connection_holds_any_connection(connection: Connection) -> None:
    data = json.loads(json.dumps(airflow_connection.data_from_connection(connection)))
    assert airflow_connection.connection_from_data(data) == connection
    assert connection_from_document(WHOLE, "name", data) == connection


@given(connections)
def test_a_connection_is_native_or_whole(connection: Connection) -> None:
    spec, losses = spec_from_connection(connection)
    native = NATIVE_SLUGS.get(connection.conn_type or "")
    assert spec.type_slug == (native if native and not losses else WHOLE)
    assert spec.name == block_name(connection.conn_id or "")
    assert native or not losses
    if spec.type_slug == WHOLE:
        assert read_back(spec) == connection


def test_a_connection_without_an_id_is_refused() -> None:
    with pytest.raises(InvalidNameError):
        spec_from_connection(Connection(conn_type="http"))


def test_native_blocks_are_looked_up_first() -> None:
    slugs = list(HOMES)
    assert slugs[0] == NATIVE
    assert slugs[-1] == WHOLE
    assert set(slugs[:-1]) == set(NATIVE_SLUGS.values())


@pytest.mark.parametrize("slug", sorted(set(NATIVE_SLUGS.values())))
def test_each_native_block_type_has_the_file_of_its_name(slug: str) -> None:
    assert home_of(slug).losses(Connection("c", "postgres", extra="[]"))


def test_each_dialect_is_a_connection_type() -> None:
    assert {conn_type for conn_type, slug in NATIVE_SLUGS.items() if slug == NATIVE} == set(DIALECTS)


@pytest.mark.parametrize(
    ("info", "connection"),
    [
        (
            "postgresql+psycopg2://u:p%40@h:5432/db?sslmode=require",
            Connection("pg", "postgres", None, "h", "u", "p@", "db", 5432, '{"sslmode": "require"}'),
        ),
        ("postgresql://h/db", Connection("pg", "postgres", host="h", schema="db")),
        ("sqlite+pysqlite:////var/x.db", Connection("pg", "sqlite", host="/var/x.db")),
        (
            {"driver": "postgresql+asyncpg", "host": "h", "database": "db", "query": {"ssl": "true"}},
            Connection("pg", "postgres", host="h", schema="db", extra='{"ssl": "true"}'),
        ),
        ({"driver": "sqlite+aiosqlite", "database": "/var/x.db"}, Connection("pg", "sqlite", host="/var/x.db")),
        ({"driver": "mysql+pymysql", "host": "h"}, Connection("pg", "mysql", host="h")),
    ],
)
def test_a_block_made_with_prefect_alone_is_read(info: object, connection: Connection) -> None:
    assert connection_from_document(NATIVE, "pg", {"connection_info": info}) == connection


def test_connect_args_win_over_the_query() -> None:
    info = {"driver": "postgresql", "query": {"a": "query", "b": "query"}}
    connection = connection_from_document(NATIVE, "pg", {"connection_info": info, "connect_args": {"a": "args"}})
    assert connection.extra_dejson == {"a": "args", "b": "query"}


@given(secrets)
def test_no_spec_shows_its_value(secret: str) -> None:
    for spec in (
        spec_from_connection(Connection("c", "postgres", password=secret, extra=f'{{"sslmode": "{secret}"}}'))[0],
        spec_from_connection(Connection("c", "http", password=secret, extra=secret))[0],
        spec_from_variable(VariableRecord("k", secret))[0],
        spec_from_variable(VariableRecord("api_key", secret))[0],
    ):
        assert secret in json.dumps(vars(spec))
        assert secret not in f"{spec!r} {spec}"


@pytest.mark.parametrize(
    "value",
    [
        Pool("p", 1),
        VariableRecord("k", 1),
        Problem("pool", "p", "why"),
        Export(),
        BlockSpec("secret", "k", {}),
        VariableSpec("k", 1),
        LimitSpec("p", 1),
        Item("pool", "p", "create"),
        Holdings(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_specs_are_frozen(value: Any) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, dataclasses.fields(value)[0].name, None)


def test_storage_names_are_stable() -> None:
    # Documents of earlier versions are read by them.
    assert (MARK, KEY_TAG, SECRET_SLUG) == ("airflow", "airflow-key:", "secret")
    assert (NATIVE, WHOLE) == ("sqlalchemy-connector", "airflow-connection")


def test_text_of_a_spec() -> None:
    assert str(BlockSpec("secret", "api-key", {})) == "block secret/api-key"
    assert str(VariableSpec("k", 5)) == "variable k"
    assert str(LimitSpec("p", 5)) == "global concurrency limit p"
