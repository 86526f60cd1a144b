"""Operators that run SQL: `SQLExecuteQueryOperator`, and older operators for single kinds of databases."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..hooks.sql import fetch_all_handler, return_single_query_results
from ._base import BaseSQLOperator


def default_output_processor(results: list[Any], descriptions: list[Any]) -> list[Any]:
    """Return the results."""
    return results


class SQLExecuteQueryOperator(BaseSQLOperator):
    """Runs SQL. By default, the rows that the last statement returned are the task's return value.

    Args:
        sql: A statement, a list of statements, or the name of a file that ends with `.sql`. Templates are rendered.
        autocommit: Whether the database commits each statement immediately.
        parameters: The parameters of each statement, in the form that the driver expects. Templates are rendered.
        handler: A function that is called with the cursor after each statement, and returns the statement's result.
        output_processor: A function that is called with the list of the statements' results and the list of their
            column descriptions, and returns the task's result.
        conn_id: The connection's id.
        database: The database to use instead of the one that the connection names.
        split_statements: Whether to split `sql`, if it is a text, into statements.
        return_last: Whether to use only the result of the last statement, if `sql` is a text.
        show_return_value_in_logs: Whether to log the result.
        requires_result_fetch: Whether to call `handler` even if `do_xcom_push` is False.
        kwargs: Arguments of `BaseSQLOperator` and `BaseOperator`.
    """

    template_fields: Sequence[str] = ("sql", "parameters", *BaseSQLOperator.template_fields)
    template_ext: Sequence[str] = (".sql", ".json")
    template_fields_renderers: Mapping[str, str] = {"sql": "sql", "parameters": "json"}
    ui_color = "#cdaaed"

    def __init__(
        self,
        *,
        sql: str | list[str],
        autocommit: bool = False,
        parameters: Mapping[str, Any] | Iterable[Any] | None = None,
        handler: Callable[[Any], Any] = fetch_all_handler,
        output_processor: Callable[[list[Any], list[Any]], Any] | None = None,
        conn_id: str | None = None,
        database: str | None = None,
        split_statements: bool | None = None,
        return_last: bool = True,
        show_return_value_in_logs: bool = False,
        requires_result_fetch: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        self.sql = sql
        self.autocommit = autocommit
        self.parameters: Any = parameters
        self.handler = handler
        self._output_processor = output_processor or default_output_processor
        self.split_statements = split_statements
        self.return_last = return_last
        self.show_return_value_in_logs = show_return_value_in_logs
        self.requires_result_fetch = requires_result_fetch

    def _process_output(self, results: list[Any], descriptions: list[Any]) -> Any:
        """Convert the results of the statements to the task's return value. Subclasses override this method."""
        if self.show_return_value_in_logs:
            self.log.info("Operator output is: %s", results)
        return self._output_processor(results, descriptions)

    def _should_run_output_processing(self) -> bool:
        return self.do_xcom_push

    def execute(self, context: Any) -> Any:
        self.log.info("Executing: %s", self.sql)
        hook = self.get_db_hook()
        wants_result = self._should_run_output_processing()
        more = {} if self.split_statements is None else {"split_statements": self.split_statements}
        output = hook.run(
            sql=self.sql,
            autocommit=self.autocommit,
            parameters=self.parameters,
            handler=self.handler if wants_result or self.requires_result_fetch else None,
            return_last=self.return_last,
            **more,
        )
        if not wants_result:
            return None
        if return_single_query_results(self.sql, self.return_last, self.split_statements):
            return self._process_output([output], hook.descriptions)[-1]
        return self._process_output(output, hook.descriptions)

    def prepare_template(self) -> None:
        """If the parameters are text, such as the content of a `.json` file, convert the text to the values."""
        if isinstance(self.parameters, str):
            self.parameters = ast.literal_eval(self.parameters)


class PostgresOperator(SQLExecuteQueryOperator):
    """Runs SQL on PostgreSQL. In Airflow, `SQLExecuteQueryOperator` has replaced this operator.

    Args:
        postgres_conn_id: The connection's id.
        database: The database to use instead of the one that the connection names.
        runtime_parameters: Server settings that apply while the statements run, such as `statement_timeout`.
        kwargs: Arguments of `SQLExecuteQueryOperator`.
    """

    template_fields: Sequence[str] = ("sql", "parameters")
    template_fields_renderers: Mapping[str, str] = {"sql": "postgresql"}
    ui_color = "#ededed"

    def __init__(
        self,
        *,
        postgres_conn_id: str = "postgres_default",
        database: str | None = None,
        runtime_parameters: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if runtime_parameters:
            options = " ".join(f"-c {name}={value}" for name, value in runtime_parameters.items())
            kwargs["hook_params"] = {"options": options, **(kwargs.get("hook_params") or {})}
        super().__init__(conn_id=postgres_conn_id, database=database, **kwargs)


class MySqlOperator(SQLExecuteQueryOperator):
    """Runs SQL on MySQL. In Airflow, `SQLExecuteQueryOperator` has replaced this operator.

    Args:
        mysql_conn_id: The connection's id.
        database: The database to use instead of the one that the connection names.
        kwargs: Arguments of `SQLExecuteQueryOperator`.
    """

    template_fields: Sequence[str] = ("sql", "parameters")
    template_fields_renderers: Mapping[str, str] = {"sql": "mysql", "parameters": "json"}
    ui_color = "#ededed"

    def __init__(self, *, mysql_conn_id: str = "mysql_default", database: str | None = None, **kwargs: Any) -> None:
        super().__init__(conn_id=mysql_conn_id, database=database, **kwargs)


class SqliteOperator(SQLExecuteQueryOperator):
    """Runs SQL on SQLite. In Airflow, `SQLExecuteQueryOperator` has replaced this operator.

    Args:
        sqlite_conn_id: The connection's id.
        kwargs: Arguments of `SQLExecuteQueryOperator`.
    """

    template_fields: Sequence[str] = ("sql",)
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers: Mapping[str, str] = {"sql": "sql"}

    def __init__(self, *, sqlite_conn_id: str = "sqlite_default", **kwargs: Any) -> None:
        super().__init__(conn_id=sqlite_conn_id, **kwargs)
