"""Functions to pass as `handler` to `DbApiHook.run` (`airflow.providers.common.sql.hooks.handlers`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_NO_DBAPI = (
    "The database we interact with does not support DBAPI 2.0. Use operator and handlers that are specifically "
    "designed for your database."
)


def fetch_all_handler(cursor: Any) -> list[tuple[Any, ...]] | None:
    """Return all rows of the statement's result; None if a statement such as INSERT returns no rows."""
    if not hasattr(cursor, "description"):
        raise RuntimeError(_NO_DBAPI)
    return None if cursor.description is None else cursor.fetchall()


def fetch_one_handler(cursor: Any) -> tuple[Any, ...] | None:
    """Return the first row of the statement's result; None if there is no row."""
    if not hasattr(cursor, "description"):
        raise RuntimeError(_NO_DBAPI)
    return None if cursor.description is None else cursor.fetchone()


def return_single_query_results(sql: str | Iterable[str], return_last: bool, split_statements: bool | None) -> bool:
    """Return True if `DbApiHook.run` returns one statement's result, and False if it returns a list of results.

    Args:
        sql: The argument `sql` of `DbApiHook.run`.
        return_last: Whether only the result of the last statement is returned.
        split_statements: Whether `sql`, if it is a text, is split into statements; None means the hook's default.
    """
    if split_statements is not None:
        return isinstance(sql, str) and (return_last or not split_statements)
    return isinstance(sql, str) and return_last
