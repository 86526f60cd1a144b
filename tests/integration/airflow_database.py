"""A small metadata database of Airflow, the expected content, and the check of refused sources."""

from __future__ import annotations

import json
import sqlite3
import time
import traceback
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from airflow_compat import importing
from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat.errors import SourceError

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


def read(url: str, key: str | None = f"{KEY},{OLD}") -> importing.Export:
    return importing.read(url, environ={"AIRFLOW__CORE__FERNET_KEY": key} if key is not None else {})


def refused(url: str) -> str:
    """Return the error's text, after checking that it comes soon and shows no password, even with locals."""
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
