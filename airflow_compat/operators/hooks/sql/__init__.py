"""The hooks for databases: `DbApiHook`, `PostgresHook`, `MySqlHook` and `SqliteHook`."""

from __future__ import annotations

from .dbapi import DbApiHook
from .dialect import Dialect, PostgresDialect
from .handlers import fetch_all_handler, fetch_one_handler, return_single_query_results
from .mysql import MySqlHook
from .postgres import PostgresHook
from .sqlite import SqliteHook

__all__ = [
    "DbApiHook",
    "Dialect",
    "MySqlHook",
    "PostgresDialect",
    "PostgresHook",
    "SqliteHook",
    "fetch_all_handler",
    "fetch_one_handler",
    "return_single_query_results",
]
