"""Metadata databases: PostgreSQL and SQLite, with the tables of 3.x and 2.x."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg2
import pytest
from airflow_database import (
    EXPECTED,
    KEY,
    OLD,
    OLD_TABLES,
    PASSWORD,
    TABLES,
    VARIABLES,
    fill_sqlite,
    read,
    refused,
    rows,
)

from airflow_compat import importing
from airflow_compat._airflow.pool import Pool
from airflow_compat.errors import InvalidExportError, MissingPackageError
from airflow_compat.importing._sources import metadata_database


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return fill_sqlite(tmp_path / "airflow.db", TABLES)


@pytest.fixture
def postgres_url(postgres: dict[str, str]) -> Iterator[str]:
    """A separate schema for each test, and a user whose password must stay hidden."""
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
        (KEY, "with a key that", {"old"}),
        (OLD, "with a key that", {"pg", "region"}),
        (f"{OLD}, {KEY}", "", set()),
    ],
    ids=["missing", "empty", "invalid", "new", "old", "both"],
)
def test_entries_with_another_key_are_problems(sqlite_url: str, key: str | None, said: str, unread: set[str]) -> None:
    export = read(sqlite_url, key)
    problems = {problem.id: problem.reason for problem in export.problems if problem.id != "none"}
    assert problems.keys() == unread
    assert all(said in reason and "secret-1" not in reason for reason in problems.values())
    assert {connection.conn_id for connection in export.connections} == {"pg", "old", "bare", "plain"} - unread


def test_environment_has_precedence_over_a_database(sqlite_url: str) -> None:
    export = importing.read(
        sqlite_url, "env:", environ={"AIRFLOW__CORE__FERNET_KEY": KEY, "AIRFLOW_CONN_PG": "http://mine"}
    )
    assert {c.conn_id: c.conn_type for c in export.connections}["pg"] == "http"
    assert export.shadowed == (importing.Shadowed("connection", "pg", "env:", sqlite_url),)


def test_database_and_export_have_the_same_precedence(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "connections.env"
    file.write_text("pg=http://h\n")
    with pytest.raises(InvalidExportError, match="Connection 'pg' is in both"):
        importing.read(file, sqlite_url, environ={"AIRFLOW__CORE__FERNET_KEY": KEY})


def test_closed_port() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        said = refused(f"postgresql://u:{PASSWORD}@127.0.0.1:{port}/airflow?sslpassword={PASSWORD}")
    assert said.startswith(f"postgresql://127.0.0.1:{port}/airflow: the database can't be reached or read")


@pytest.mark.parametrize("scheme", ["postgresql", "mysql+pymysql"])
def test_a_server_that_never_answers(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Fewer there are not for PostgreSQL.
    monkeypatch.setattr(metadata_database, "_TIMEOUT_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert "can't be reached or read" in refused(f"{scheme}://u:{PASSWORD}@127.0.0.1:{port}/airflow")


def test_missing_database(postgres: dict[str, str]) -> None:
    assert "there is no such database" in refused(_url({**postgres, "dbname": "nothing"}, ""))


def test_database_without_airflows_tables(postgres: dict[str, str], tmp_path: Path) -> None:
    assert "has no table 'connection'" in refused(_url(postgres, ""))
    file = tmp_path / "notes.db"
    file.write_text("just notes " * 100)
    assert "not a SQLite database" in refused(f"sqlite:///{file}")
    missing = tmp_path / "missing.db"
    assert "there is no such file" in refused(f"sqlite:///{missing}")
    assert not missing.exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"postgresql+asyncpg://u:{PASSWORD}@h/db", "an asynchronous driver, as in Airflow's sql_alchemy_conn_async"),
        (f"mysql+aiomysql://u:{PASSWORD}@h/db", "Pass Airflow's sql_alchemy_conn, such as mysql://"),
        ("sqlite+aiosqlite:////airflow.db", "Pass Airflow's sql_alchemy_conn, such as sqlite://"),
        (f"mysql://u:{PASSWORD}/db", "mysql://***: the address is not a SQLAlchemy URL"),
        (f"mysql+pymysql://u:{PASSWORD}#@127.0.0.1:1/db", "mysql+pymysql://***: "),
        (f"postgresql+nodriver://u:{PASSWORD}@h/db", "has no such driver"),
        (f"postgresql://u:{PASSWORD}@h:port/db", "not a SQLAlchemy URL"),
        (f"postgresql://u:?{PASSWORD}@h:port/db", "postgresql://***: "),
        (f"postgresql://u:/{PASSWORD}@h:port/db", "postgresql://***: "),
        (f"oracle://u:{PASSWORD}@h/db", "oracle: unknown kind of source"),
        ("sqlite://", "there is no such file"),
    ],
)
def test_unusable_urls(url: str, said: str) -> None:
    assert said in refused(url)


@pytest.mark.parametrize(
    ("scheme", "extra"), [("mysql+cymysql", "mysql"), ("postgresql+pg8000", "postgres")], ids=["mysql", "postgres"]
)
def test_missing_driver_is_named_with_its_extra(scheme: str, extra: str) -> None:
    with pytest.raises(MissingPackageError, match=rf"airflow-compat\[{extra}]'` and use {scheme[:5]}") as caught:
        importing.read(f"{scheme}://u:{PASSWORD}@h/db")
    assert PASSWORD not in str(caught.value)
