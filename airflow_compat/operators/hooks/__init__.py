"""Airflow's hooks for SQL databases, HTTP servers, file systems and shell commands."""

from __future__ import annotations

from .base import BaseHook
from .filesystem import FSHook
from .http import HttpHook
from .package_index import PackageIndexHook
from .sql import DbApiHook, MySqlHook, PostgresHook, SqliteHook
from .subprocess import SubprocessHook, SubprocessResult, working_directory

__all__ = [
    "BaseHook",
    "DbApiHook",
    "FSHook",
    "HttpHook",
    "MySqlHook",
    "PackageIndexHook",
    "PostgresHook",
    "SqliteHook",
    "SubprocessHook",
    "SubprocessResult",
    "working_directory",
]
