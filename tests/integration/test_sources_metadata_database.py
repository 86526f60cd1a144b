"""A metadata database: PostgreSQL and SQLite, with the tables of 3.x and of 2.x."""

from __future__ import annotations

import json
import socket
import sqlite3
import time
import traceback
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg2
import pytest
from cryptography.fernet import Fernet

from airflow_compat import importing
from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.pool import Pool
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat.errors import InvalidExportError, MissingPackageError, SourceError

OLD, KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()
PASSWORD = "quartz-Tern-41"

# As `airflow db migrate` of 3.3 makes them; 2.x has no team_name, and before 2.7 no include_deferred.
TABLES = """
CREATE TABLE connection (
    id integer PRIMARY KEY, conn_id varchar(250) NOT NULL UNIQUE, conn_type varchar(500) NOT NULL, description text,
    host varchar(500), schema varchar(500), login text, password text, port integer,
    is_encrypted boolean NOT NULL, is_extra_encrypted boolean NOT NULL, team_name varchar(50), extra text);
CREATE TABLE variable (
    id integer PRIMARY KEY, key varchar(250) UNIQUE, val text, description text, is_encrypted boolean NOT NULL,
    team_name varchar(50));
CREATE TABLE slot_pool (
    id integer PRIMARY KEY, pool varchar(256) UNIQUE, slots integer, description text,
    include_deferred boolean NOT NULL, team_name varchar(50));
"""
OLD_TABLES = TABLES.replace(",\n    include_deferred boolean NOT NULL, team_name varchar(50)", "").replace(
    ", team_name varchar(50)", ""
)


def token(text: str, key: str = KEY) -> str:
    return Fernet(key).encrypt(text.encode()).decode()


def rows() -> list[tuple[str, tuple[object, ...]]]:
    extra = json.dumps({"sslmode": "require"})
    connection = """INSERT INTO connection
        (id, conn_id, conn_type, host, schema, login, password, port, is_encrypted, is_extra_encrypted, extra) VALUES"""
    variable = "INSERT INTO variable (id, key, val, description, is_encrypted) VALUES "
    return [
        (connection, (1, "pg", "postgres", "h", "db", "u", token(PASSWORD), 5432, True, True, token(extra))),
        (connection, (2, "old", "sftp", "h2", None, "u", token("old-key", OLD), None, True, False, None)),
        (connection, (3, "bare", "generic", None, None, None, None, None, False, False, "")),
        (connection, (4, "plain", "http", "h4", None, None, "p", None, False, False, '{"a": 1}')),
        (variable, (1, "region", token("north"), "where", True)),
        (variable, (2, "size", "5", None, False)),
        (variable, (3, "none", None, None, False)),
    ]


EXPECTED = (
    Connection("bare", "generic"),
    Connection("old", "sftp", None, "h2", "u", "old-key"),
    Connection("pg", "postgres", None, "h", "u", PASSWORD, "db", 5432, '{"sslmode": "require"}'),
    Connection("plain", "http", None, "h4", None, "p", None, None, '{"a": 1}'),
)
VARIABLES = (VariableRecord("region", "north", "where"), VariableRecord("size", "5"))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return fill_sqlite(tmp_path / "airflow.db", TABLES)


def fill_sqlite(file: Path, tables: str) -> str:
    with closing(sqlite3.connect(file)) as database, database:
        database.executescript(tables)
        for insert, values in rows():
            database.execute(f"{insert} ({', '.join('?' * len(values))})", values)
        columns = "(id, pool, slots, description" + (", include_deferred)" if "include_deferred" in tables else ")")
        database.execute(
            f"INSERT INTO slot_pool {columns} VALUES (1, 'warehouse', 3, NULL"
            + (", true)" if "include_deferred" in tables else ")")
        )
    return f"sqlite:///{file}"


@pytest.fixture
def postgres_url(postgres: dict[str, str]) -> Iterator[str]:
    """A schema of its own for each test, and a user whose password must not show."""
    schema = f"airflow_{uuid4().hex[:8]}"
    with closing(psycopg2.connect(**postgres)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {schema}; SET search_path TO {schema}; {TABLES}")
            for insert, values in rows():
                cursor.execute(f"{insert} ({', '.join(['%s'] * len(values))})", values)
            cursor.execute("INSERT INTO slot_pool VALUES (1, 'warehouse', 3, NULL, true)")
            yield _url(postgres, f"options={quote(f'-csearch_path={schema}')}")
            cursor.execute(f"DROP SCHEMA {schema} CASCADE")


def _url(parameters: dict[str, str], query: str, scheme: str = "postgresql") -> str:
    login = f"{parameters['user']}:{PASSWORD}"
    return f"{scheme}://{login}@/{parameters['dbname']}?host={quote(parameters['host'], safe='')}&{query}"


def read(url: str, key: str | None = f"{KEY},{OLD}") -> importing.Export:
    return importing.read(url, environ={"AIRFLOW__CORE__FERNET_KEY": key} if key is not None else {})


def test_postgres(postgres_url: str) -> None:
    for scheme in ("postgresql", "postgresql+psycopg2", "postgres"):
        export = read(postgres_url.replace("postgresql", scheme, 1))
        assert export.connections == EXPECTED
        assert export.variables == VARIABLES
        assert export.pools == (Pool("warehouse", 3, include_deferred=True),)
        assert [(problem.kind, problem.id) for problem in export.problems] == [("variable", "none")]


def test_sqlite(sqlite_url: str) -> None:
    export = read(sqlite_url)
    assert (export.connections, export.variables) == (EXPECTED, VARIABLES)
    assert export.pools == (Pool("warehouse", 3, include_deferred=True),)


def test_the_tables_of_an_older_release(tmp_path: Path) -> None:
    export = read(fill_sqlite(tmp_path / "old.db", OLD_TABLES))
    assert (export.connections, export.variables) == (EXPECTED, VARIABLES)
    assert export.pools == (Pool("warehouse", 3),)


def test_nothing_is_written(sqlite_url: str, tmp_path: Path) -> None:
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    before = file.read_bytes()
    file.chmod(0o400)
    read(sqlite_url)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["airflow.db"]


@pytest.mark.parametrize(
    ("key", "said", "unread"),
    [
        (None, "AIRFLOW__CORE__FERNET_KEY is not set", {"pg", "old", "region"}),
        ("", "AIRFLOW__CORE__FERNET_KEY is not set", {"pg", "old", "region"}),
        ("secret-1", "is not a Fernet key", {"pg", "old", "region"}),
        (KEY, "with another key", {"old"}),
        (OLD, "with another key", {"pg", "region"}),
        (f"{OLD}, {KEY}", "", set()),
    ],
)
def test_each_entry_that_the_key_does_not_fit_is_a_problem(
    sqlite_url: str, key: str | None, said: str, unread: set[str]
) -> None:
    export = read(sqlite_url, key)
    problems = {problem.id: problem.reason for problem in export.problems if problem.id != "none"}
    assert problems.keys() == unread
    assert all(said in reason and "secret-1" not in reason for reason in problems.values())
    assert {connection.conn_id for connection in export.connections} == {"pg", "old", "bare", "plain"} - unread


def test_an_environment_goes_before_a_database(sqlite_url: str) -> None:
    export = importing.read(
        sqlite_url, "env:", environ={"AIRFLOW__CORE__FERNET_KEY": KEY, "AIRFLOW_CONN_PG": "http://mine"}
    )
    assert {c.conn_id: c.conn_type for c in export.connections}["pg"] == "http"
    assert export.shadowed == (importing.Shadowed("connection", "pg", "env:", sqlite_url),)


def test_a_database_and_an_export_of_it_are_of_one_rank(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "connections.env"
    file.write_text("pg=http://h\n")
    with pytest.raises(InvalidExportError, match="connection 'pg' is in both"):
        importing.read(file, sqlite_url, environ={"AIRFLOW__CORE__FERNET_KEY": KEY})


def _refused(url: str) -> str:
    """What is said; and that it is said soon, and shows no password, also not to what prints locals."""
    began = time.monotonic()
    with pytest.raises(SourceError) as caught:
        importing.read(url, environ={"AIRFLOW__CORE__FERNET_KEY": KEY})
    assert time.monotonic() - began < 20
    del url
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [line for frame in shown.stack if frame.filename != __file__ for line in (frame.locals or {}).values()]
    for line in (*ours, *shown.format_exception_only(), str(caught.value.__context__)):
        assert PASSWORD not in line
        assert KEY not in line
    return str(caught.value)


def test_a_port_where_nothing_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        said = _refused(f"postgresql://u:{PASSWORD}@127.0.0.1:{port}/airflow?sslpassword={PASSWORD}")
    assert said.startswith(f"postgresql://127.0.0.1:{port}/airflow: it can't be reached")


@pytest.mark.parametrize("scheme", ["postgresql", "mysql+pymysql"])
def test_a_server_that_never_answers(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert "it can't be reached" in _refused(f"{scheme}://u:{PASSWORD}@127.0.0.1:{port}/airflow")


def test_a_database_that_is_not_there(postgres: dict[str, str]) -> None:
    assert "there is no such database" in _refused(_url({**postgres, "dbname": "nothing"}, ""))


def test_a_database_that_is_not_airflows(postgres: dict[str, str], tmp_path: Path) -> None:
    assert "has no table 'connection'" in _refused(_url(postgres, ""))
    file = tmp_path / "notes.db"
    file.write_text("just notes " * 100)
    assert "not a SQLite database" in _refused(f"sqlite:///{file}")
    missing = tmp_path / "missing.db"
    assert "there is no such file" in _refused(f"sqlite:///{missing}")
    assert not missing.exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"postgresql+asyncpg://u:{PASSWORD}@h/db", "an asynchronous driver"),
        (f"postgresql+nodriver://u:{PASSWORD}@h/db", "knows no such driver"),
        (f"postgresql://u:{PASSWORD}@h:port/db", "not a SQLAlchemy URL"),
        (f"postgresql://u:?{PASSWORD}@h:port/db", "postgresql://***: "),
        (f"postgresql://u:/{PASSWORD}@h:port/db", "postgresql://***: "),
        (f"oracle://u:{PASSWORD}@h/db", "oracle: is no kind of source"),
        ("sqlite://", "there is no such file"),
    ],
)
def test_urls_that_cannot_be_asked(url: str, said: str) -> None:
    assert said in _refused(url)


@pytest.mark.parametrize(
    ("scheme", "extra"), [("mysql+cymysql", "mysql"), ("postgresql+pg8000", "postgres")], ids=["mysql", "postgres"]
)
def test_a_driver_that_is_missing_is_named_with_its_extra(scheme: str, extra: str) -> None:
    with pytest.raises(MissingPackageError, match=rf"airflow-compat\[{extra}\]' and write {scheme[:5]}") as caught:
        importing.read(f"{scheme}://u:{PASSWORD}@h/db")
    assert PASSWORD not in str(caught.value)
