"""An operator that inserts rows, such as the result of another task."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from ...authoring import XComArg
from ...exceptions import AirflowSkipException
from ._base import BaseSQLOperator


class SQLInsertRowsOperator(BaseSQLOperator):
    """Inserts rows into a table. If there are no rows, the task is skipped.

    Args:
        table_name: The table. Templates are rendered.
        conn_id: The connection's id.
        schema: The table's schema.
        database: The database to use instead of the one that the connection names.
        columns: The names of the columns to fill. Defaults to all columns that the table has.
        ignored_columns: The names of columns that are not filled.
        rows: The rows.
        rows_processor: A function that is called with `rows` and with the context as named arguments, and returns the
            rows to insert.
        preoperator: SQL to run before the insert.
        postoperator: SQL to run after the insert.
        hook_params: Further arguments for the hook.
        insert_args: Further arguments for the hook's `insert_rows`.
        kwargs: Arguments of `BaseSQLOperator` and `BaseOperator`.
    """

    template_fields: Sequence[str] = (
        *("table_name", "conn_id", "schema", "database", "_columns", "ignored_columns"),
        *("preoperator", "postoperator", "insert_args"),
    )
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers: Mapping[str, str] = {"preoperator": "sql"}

    def __init__(
        self,
        *,
        table_name: str,
        conn_id: str | None = None,
        schema: str | None = None,
        database: str | None = None,
        columns: Iterable[str] | None = None,
        ignored_columns: Iterable[str] | None = None,
        rows: list[Any] | Iterable[Any] | XComArg | None = None,
        rows_processor: Callable[..., list[Any]] | None = None,
        preoperator: str | list[str] | None = None,
        postoperator: str | list[str] | None = None,
        hook_params: dict[str, Any] | None = None,
        insert_args: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, hook_params=hook_params, **kwargs)
        self.table_name = table_name
        self.schema = schema
        self._columns = list(columns) if columns else None
        self.ignored_columns: set[str] = set(ignored_columns or ())
        self.rows: Any = [] if rows is None else rows
        self._rows_processor = rows_processor
        self.preoperator = preoperator
        self.postoperator = postoperator
        self.insert_args: dict[str, Any] = insert_args or {}
        self.do_xcom_push = False

    @property
    def table_name_with_schema(self) -> str:
        return self.table_name if self.schema is None else f"{self.schema}.{self.table_name}"

    @cached_property
    def columns(self) -> list[str]:
        return self._columns or self.get_db_hook().dialect.get_column_names(self.table_name_with_schema)

    @property
    def column_names(self) -> list[str]:
        return [column for column in self.columns if column not in self.ignored_columns]

    def execute(self, context: Any) -> None:
        rows = self.rows.resolve(context) if isinstance(self.rows, XComArg) else self.rows
        if not rows:
            raise AirflowSkipException(f"Skipping task {self.task_id} because no rows.")
        hook = self.get_db_hook()
        if self.preoperator:
            hook.run(self.preoperator)
        if self._rows_processor is not None:
            rows = self._rows_processor(rows, **context)
        hook.insert_rows(
            table=self.table_name_with_schema, rows=rows, target_fields=self.column_names, **self.insert_args
        )
        if self.postoperator:
            hook.run(self.postoperator)
