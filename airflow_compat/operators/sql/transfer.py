"""An operator that copies rows from one database to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from ...authoring import BaseOperator
from ...authoring._current import setting
from .._release import release_of
from ..hooks.base import BaseHook
from ..hooks.sql import DbApiHook


class GenericTransfer(BaseOperator):
    """Copies the rows that a query returns into a table of another database. The rows are held in memory.

    Args:
        sql: The query, or a list of queries. Templates are rendered.
        destination_table: The table into which the rows are inserted.
        source_conn_id: The id of the connection to the database on which the query runs.
        source_hook_params: Further arguments for the source's hook.
        destination_conn_id: The id of the connection to the database with the destination table.
        destination_hook_params: Further arguments for the destination's hook.
        rows_processor: A function that is called with the rows and with the context as named arguments, and returns the
            rows to insert.
        preoperator: SQL to run on the destination before the copy.
        insert_args: Further arguments for the destination hook's `insert_rows`.
        page_size: The number of rows to read and insert at a time, if `sql` is a single query.
        paginated_sql_statement_clause: The format of the query for one page, into which the query, `page_size` and the
            offset are inserted. Defaults to `{} LIMIT {} OFFSET {}`.
        deferrable: Has no effect: the task itself reads all pages, without deferring.
        kwargs: Arguments of `BaseOperator`.
    """

    template_fields: Sequence[str] = (
        *("source_conn_id", "destination_conn_id", "sql", "destination_table", "preoperator", "insert_args"),
        *("page_size", "paginated_sql_statement_clause"),
    )
    template_ext: Sequence[str] = (".sql", ".hql")
    template_fields_renderers: Mapping[str, str] = {"preoperator": "sql"}
    ui_color = "#b0f07c"

    def __init__(
        self,
        *,
        sql: str | list[str],
        destination_table: str,
        source_conn_id: str,
        source_hook_params: dict[str, Any] | None = None,
        destination_conn_id: str,
        destination_hook_params: dict[str, Any] | None = None,
        rows_processor: Callable[..., list[Any]] | None = None,
        preoperator: str | list[str] | None = None,
        insert_args: dict[str, Any] | None = None,
        page_size: int | None = None,
        paginated_sql_statement_clause: str | None = None,
        deferrable: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sql: str | list[str] = sql
        self.destination_table: str = destination_table
        self.source_conn_id: str = source_conn_id
        self.source_hook_params: dict[str, Any] | None = source_hook_params
        self.destination_conn_id: str = destination_conn_id
        self.destination_hook_params: dict[str, Any] | None = destination_hook_params
        self._rows_processor = rows_processor
        self.preoperator: str | list[str] | None = preoperator
        self.insert_args: dict[str, Any] = insert_args or {}
        self.page_size: int | str | None = page_size
        self.paginated_sql_statement_clause: str = paginated_sql_statement_clause or "{} LIMIT {} OFFSET {}"
        self.deferrable: bool = setting("operators", "default_deferrable") if deferrable is None else deferrable

    @classmethod
    def get_hook(cls, conn_id: str, hook_params: dict[str, Any] | None = None) -> Any:
        """Return the hook for a connection to a database.

        Raises:
            RuntimeError: The connection is not one to a database.
        """
        hook = BaseHook.get_hook(conn_id, hook_params)
        if not isinstance(hook, DbApiHook):
            raise RuntimeError(f"Hook for connection {conn_id!r} must be of type DbApiHook")
        return hook

    @cached_property
    def source_hook(self) -> Any:
        return self.get_hook(self.source_conn_id, self.source_hook_params)

    @cached_property
    def destination_hook(self) -> Any:
        return self.get_hook(self.destination_conn_id, self.destination_hook_params)

    def render_template_fields(self, context: Any, jinja_env: Any = None) -> None:
        """Render the template fields, and convert `page_size` and `commit_every` from text to numbers."""
        super().render_template_fields(context, jinja_env)
        if isinstance(self.page_size, str):
            self.page_size = int(self.page_size)
        if isinstance(every := self.insert_args.get("commit_every"), str):
            self.insert_args["commit_every"] = int(every)

    def get_paginated_sql(self, offset: int) -> str:
        """Return the query for the page of rows that starts at `offset`."""
        return self.paginated_sql_statement_clause.format(self.sql, self.page_size, offset)

    def execute(self, context: Any) -> None:
        if self.preoperator:
            self.destination_hook.run(self.preoperator)
        for rows in self._portions():
            given = rows if self._rows_processor is None else self._rows_processor(rows, **context)
            self.destination_hook.insert_rows(table=self.destination_table, rows=given, **self.insert_args)

    def _portions(self) -> Iterator[list[Any]]:
        if not self.page_size or not isinstance(self.sql, str):
            queries = [self.sql] if isinstance(self.sql, str) else self.sql
            if release_of(self) == "3":
                # Store `sql` as a list, which callbacks can read as in Airflow 3.
                self.sql = queries
            for sql in queries:
                yield self.source_hook.get_records(sql)
            return
        size, offset = int(self.page_size), 0
        while rows := self.source_hook.get_records(self.get_paginated_sql(offset)):
            yield rows
            if len(rows) < size:
                return
            offset += size
