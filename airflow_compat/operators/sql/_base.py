"""The base class and helper functions of operators that run SQL (`airflow.providers.common.sql.operators.sql`)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NoReturn

from ...authoring import BaseOperator
from ...exceptions import AirflowException, AirflowFailException
from ..hooks.base import BaseHook
from ..hooks.sql import DbApiHook

_TRUE, _FALSE = ("y", "yes", "t", "true", "on", "1"), ("n", "no", "f", "false", "off", "0")


class BaseSQLOperator(BaseOperator):
    """Base class of operators that run SQL. The class finds the hook that belongs to the connection's type.

    Args:
        conn_id: The connection's id.
        database: The database to use instead of the one that the connection names.
        hook_params: Further arguments for the hook.
        retry_on_failure: Whether the task may be retried after a failed check.
        kwargs: Arguments of `BaseOperator`.
    """

    conn_id_field = "conn_id"
    template_fields: Sequence[str] = ("conn_id", "database", "hook_params")

    def __init__(
        self,
        *,
        conn_id: str | None = None,
        database: str | None = None,
        hook_params: dict[str, Any] | None = None,
        retry_on_failure: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        self.database = database
        self.hook_params: dict[str, Any] = hook_params or {}
        self.retry_on_failure = retry_on_failure

    @classmethod
    def get_hook(cls, conn_id: str, hook_params: dict[str, Any] | None = None) -> Any:
        """Return the hook that belongs to a connection's type.

        As in Airflow, the keys of the connection's extra are also passed to the hook as arguments.
        """
        return BaseHook.get_hook(conn_id, {**BaseHook.get_connection(conn_id).extra_dejson, **(hook_params or {})})

    @cached_property
    def _hook(self) -> Any:
        hook = self.get_hook(getattr(self, self.conn_id_field), self.hook_params)
        if not isinstance(hook, DbApiHook):
            raise AirflowException(
                f"You are trying to use `common-sql` with {type(hook).__name__}, which is not a hook of a database. "
                "Use a connection of a database."
            )
        if self.database:
            setattr(hook, "database" if hook.conn_type == "postgres" else "schema", self.database)
        return hook

    def get_db_hook(self) -> Any:
        """Return the hook for the operator's database. Subclasses may override this method."""
        return self._hook

    def _raise_exception(self, exception_string: str) -> NoReturn:
        raise (AirflowException if self.retry_on_failure else AirflowFailException)(exception_string)


def parse_boolean(text: str) -> bool:
    """Return the boolean value that a word such as `yes` or `0` stands for.

    Raises:
        ValueError: The word stands for no boolean value.
    """
    word = text.lower()
    if word not in (*_TRUE, *_FALSE):
        raise ValueError(f"{word!r} is not a boolean-like string value")
    return word in _TRUE


def as_float(value: Any) -> Any:
    """Return a value converted to a float if possible; otherwise, return the value unchanged."""
    try:
        return float(value)
    except (ValueError, TypeError):
        return value


def checked_clause(clause: str | None) -> str | None:
    """Return a condition for a WHERE clause unchanged, after checking it.

    Raises:
        ValueError: The condition contains a semicolon.
    """
    if clause is not None and ";" in clause:
        raise ValueError("Invalid partition_clause: semicolons (;) not allowed.")
    return clause


def where(*conditions: str | None) -> str:
    """Return a WHERE clause with those conditions that are not empty; empty text if there are none."""
    found = [condition for condition in conditions if condition]
    return f"WHERE {' AND '.join(found)}" if found else ""
