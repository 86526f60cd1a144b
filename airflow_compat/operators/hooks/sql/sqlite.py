"""The hook for SQLite (`airflow.providers.sqlite.hooks.sqlite`)."""

from __future__ import annotations

import sqlite3
from urllib.parse import unquote

from .dbapi import DbApiHook


class SqliteHook(DbApiHook):
    """Runs SQL on a SQLite database file.

    The connection's host is the path of the database file, and the keys of its extra are parameters of the file's URI.
    """

    conn_name_attr = "sqlite_conn_id"
    default_conn_name = "sqlite_default"
    conn_type = "sqlite"
    hook_name = "Sqlite"
    _placeholder = "?"

    def get_conn(self) -> sqlite3.Connection:
        return sqlite3.connect(self.get_uri().replace("sqlite:///", "file:"), uri=True)

    def get_uri(self) -> str:
        """Return the URI for SQLAlchemy, which has one slash more than the URI that Airflow returns."""
        uri = unquote(self.get_connection(self.get_conn_id()).get_uri())
        return uri.replace("/?", "?").replace("sqlite://", "sqlite:///")
