"""The base class of hooks for databases that have a DBAPI driver (`airflow.providers.common.sql.hooks.sql`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ....connections import Connection
from ....errors import MissingPackageError
from ....exceptions import AirflowException
from ..base import BaseHook
from .data_frames import DataFrames
from .dialect import Dialect
from .handlers import fetch_all_handler, fetch_one_handler, return_single_query_results
from .rows import InsertsRows

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine, Inspector

Parameters = Iterable[Any] | Mapping[str, Any] | None
_PLACEHOLDERS = ("%s", "?")


class DbApiHook(DataFrames, InsertsRows, BaseHook):
    """Runs SQL on the database that a connection names. Subclasses define how to connect to the database.

    Args:
        args: The connection's id, as the only positional argument.
        schema: The database to use instead of the one that the connection names.
        log_sql: Whether to log each statement.
        kwargs: The connection's id, as the argument that `conn_name_attr` names, and formats of statements, such as
            `insert_statement_format`.

    Raises:
        AirflowException: The hook's class does not define `conn_name_attr`.
    """

    conn_name_attr: str
    default_conn_name = "default_conn_id"
    conn_type = ""
    hook_name = ""
    strip_semicolon = False
    supports_autocommit = False
    supports_executemany = False
    connector: Any = None
    dialect_class: type[Dialect] = Dialect
    _test_connection_sql = "select 1"
    _placeholder: str = "%s"

    def __init__(self, *args: Any, schema: str | None = None, log_sql: bool = True, **kwargs: Any) -> None:
        super().__init__()
        if not getattr(self, "conn_name_attr", ""):
            raise AirflowException("conn_name_attr is not defined")
        conn_id = args[0] if len(args) == 1 else kwargs.get(self.conn_name_attr, self.default_conn_name)
        setattr(self, self.conn_name_attr, conn_id)
        self.log_sql = log_sql
        self.descriptions: list[Any] = []
        self._schema = schema
        self._connection: Connection | None = kwargs.pop("connection", None)
        self._forms = {
            name: kwargs[name]
            for name in ("insert_statement_format", "replace_statement_format", "escape_word_format")
            if kwargs.get(name) is not None
        }
        self._escape_column_names: bool | None = kwargs.get("escape_column_names")

    def get_conn_id(self) -> str:
        return str(getattr(self, self.conn_name_attr))

    @property
    def connection(self) -> Connection:
        """The hook's connection, which is looked up only once."""
        if self._connection is None:
            self._connection = self.get_connection(self.get_conn_id())
        return self._connection

    @property
    def connection_extra(self) -> dict[str, Any]:
        return self.connection.extra_dejson

    @property
    def connection_extra_lower(self) -> dict[str, Any]:
        return {key.lower(): value for key, value in self.connection_extra.items()}

    @cached_property
    def placeholder(self) -> str:
        """The placeholder that generated statements contain for each value: `%s` or `?`."""
        found = self.connection_extra.get("placeholder")
        if found and found not in _PLACEHOLDERS:
            self.log.warning("Placeholder %r of connection %r is ignored.", found, self.get_conn_id())
        return found if found in _PLACEHOLDERS else self._placeholder

    @property
    def insert_statement_format(self) -> str:
        return self._form("insert_statement_format", "INSERT INTO {} {} VALUES ({})")

    @property
    def replace_statement_format(self) -> str:
        return self._form("replace_statement_format", "REPLACE INTO {} {} VALUES ({})")

    @property
    def escape_word_format(self) -> str:
        return self._form("escape_word_format", '"{}"')

    def _form(self, name: str, default: str) -> str:
        return str(self._forms.get(name) or self.connection_extra.get(name, default))

    @property
    def escape_column_names(self) -> bool:
        if self._escape_column_names is None:
            self._escape_column_names = bool(self.connection_extra.get("escape_column_names", False))
        return self._escape_column_names

    def get_conn(self) -> Any:
        """Connect to the database, and return the driver's connection object."""
        if self.connector is None:
            raise RuntimeError(f"{type(self).__name__} didn't have `self.connector` set!")
        held = self.connection
        return self.connector.connect(
            host=held.host or "", port=held.port, username=held.login or "", schema=held.schema or ""
        )

    def get_cursor(self) -> Any:
        return self.get_conn().cursor()

    def get_uri(self) -> str:
        """Return the connection's URI, which **contains the password**."""
        held = self.connection
        return (replace(held, schema=self._schema) if self._schema else held).get_uri()

    @property
    def sqlalchemy_url(self) -> Any:
        """The URL for SQLAlchemy, if a subclass defines a URL other than that of `get_uri`."""
        raise NotImplementedError(f"{type(self).__qualname__!r} does not implement/support built SQLAlchemy URL.")

    def get_sqlalchemy_engine(self, engine_kwargs: dict[str, Any] | None = None) -> Engine:
        """Return a SQLAlchemy engine for the hook's database.

        Args:
            engine_kwargs: Arguments of `sqlalchemy.create_engine`.
        """
        from sqlalchemy import create_engine

        try:
            url = self.sqlalchemy_url
        except NotImplementedError:
            url = self.get_uri()
        return create_engine(url, **(engine_kwargs or {}))

    @cached_property
    def inspector(self) -> Inspector:
        from sqlalchemy import NullPool, inspect

        # Use no connection pool, which would keep connections open.
        return inspect(self.get_sqlalchemy_engine({"poolclass": NullPool}))

    @property
    def dialect_name(self) -> str:
        """The name by which SQLAlchemy knows the kind of database, such as `postgresql`."""
        return {"postgres": "postgresql"}.get(self.conn_type, self.conn_type)

    @cached_property
    def dialect(self) -> Dialect:
        return self.dialect_class(self)

    def get_records(self, sql: str | list[str], parameters: Parameters = None) -> Any:
        """Run one or several statements, and return the rows of the result."""
        return self.run(sql=sql, parameters=parameters, handler=fetch_all_handler)

    def get_first(self, sql: str | list[str], parameters: Parameters = None) -> Any:
        """Run one or several statements, and return the first row of the result."""
        return self.run(sql=sql, parameters=parameters, handler=fetch_one_handler)

    @staticmethod
    def strip_sql_string(sql: str) -> str:
        return sql.strip().rstrip(";")

    @staticmethod
    def split_sql_string(sql: str, strip_semicolon: bool = False) -> list[str]:
        """Return the statements that a text contains, without comments.

        Raises:
            MissingPackageError: sqlparse is not installed.
        """
        try:
            import sqlparse
        except ImportError as exc:
            raise MissingPackageError(
                "Splitting SQL into statements needs the package sqlparse. Run `pip install 'airflow-compat[sql]'`",
                name="sqlparse",
            ) from exc
        text = sqlparse.format(sql, strip_comments=True)
        return [each for each in sqlparse.split(text, strip_semicolon=strip_semicolon) if each]

    @property
    def last_description(self) -> Any:
        """The description of the columns that the last statement returned; None if it returned no rows."""
        return self.descriptions[-1] if self.descriptions else None

    def run(  # noqa: PLR0917 - Airflow's own order
        self,
        sql: str | Iterable[str],
        autocommit: bool = False,
        parameters: Parameters = None,
        handler: Callable[[Any], Any] | None = None,
        split_statements: bool = False,
        return_last: bool = True,
    ) -> Any:
        """Run one or several statements with the same database connection, and commit.

        Args:
            sql: A statement, a list of statements, or a text that contains several statements.
            autocommit: Whether the database commits each statement immediately, if it supports this.
            parameters: The parameters of each statement, in the form that the driver expects.
            handler: A function that is called with the cursor after each statement, and returns the statement's result.
            split_statements: Whether to split `sql`, if it is a text, into statements.
            return_last: Whether to return only the result of the last statement, if `sql` is a text.

        Returns:
            The result of one statement, or a list of the results of several statements; None without a handler.

        Raises:
            ValueError: `sql` contains no statement.
        """
        self.descriptions = []
        if isinstance(sql, str):
            whole = [sql] if sql.strip() else []
            statements = self.split_sql_string(sql, self.strip_semicolon) if split_statements else whole
        else:
            statements = list(sql)
        if not statements:
            raise ValueError("List of SQL statements is empty")
        results: list[Any] = []
        with self._create_autocommit_connection(autocommit) as conn:
            with closing(conn.cursor()) as cursor:
                for statement in statements:
                    self._run_command(cursor, statement, parameters)
                    if handler is not None:
                        results.append(self._make_common_data_structure(handler(cursor)))
                        self.descriptions.append(cursor.description)
            if not self.get_autocommit(conn):
                conn.commit()
            self.get_db_log_messages(conn)
        if handler is None:
            return None
        if return_single_query_results(sql, return_last, split_statements):
            self.descriptions = self.descriptions[-1:]
            return results[-1]
        return results

    def _make_common_data_structure(self, result: Any) -> Any:
        """Convert the rows that a handler returned to tuples.

        Subclasses override this method if their driver's rows are no tuples.
        """
        return result

    def _run_command(self, cursor: Any, statement: str, parameters: Parameters) -> None:
        if self.log_sql:
            self.log.info("Running statement: %s, parameters: %s", statement, parameters)
        if parameters:
            cursor.execute(statement, parameters)
        else:
            cursor.execute(statement)
        if isinstance(count := getattr(cursor, "rowcount", None), int) and count >= 0:
            self.log.info("Rows affected: %s", count)

    def set_autocommit(self, conn: Any, autocommit: bool) -> None:
        if not self.supports_autocommit and autocommit:
            self.log.warning("Connection %r doesn't support autocommit.", self.get_conn_id())
        conn.autocommit = autocommit

    def get_autocommit(self, conn: Any) -> bool:
        return bool(getattr(conn, "autocommit", False)) and self.supports_autocommit

    @contextmanager
    def _create_autocommit_connection(self, autocommit: bool = False) -> Iterator[Any]:
        with closing(self.get_conn()) as conn:
            if self.supports_autocommit:
                self.set_autocommit(conn, autocommit)
            yield conn

    def get_db_log_messages(self, conn: Any) -> None:
        """Log the messages that the database server sent. Subclasses override this method."""

    def bulk_dump(self, table: str, tmp_file: str) -> None:
        """Write the rows of a table to a file, with tabs between the columns."""
        raise NotImplementedError

    def bulk_load(self, table: str, tmp_file: str) -> None:
        """Insert the rows in a file, with tabs between the columns, into a table."""
        raise NotImplementedError

    def test_connection(self) -> tuple[bool, str]:
        """Return a pair: whether the database answers, and a message."""
        try:
            done = bool(self.get_first(self._test_connection_sql))
        except Exception as exc:  # noqa: BLE001 - the driver's errors
            return False, str(exc)
        return done, "Connection successfully tested" if done else ""
