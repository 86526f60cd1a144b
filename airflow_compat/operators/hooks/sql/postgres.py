"""The hook for PostgreSQL (`airflow.providers.postgres.hooks.postgres`)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import AbstractContextManager, closing
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from ....errors import MissingPackageError, UnsupportedFeatureError
from .dbapi import DbApiHook, Parameters
from .dialect import Dialect, PostgresDialect

_IGNORED = frozenset(
    "iam redshift redshift-serverless cursor cluster-identifier workgroup-name aws_conn_id sqlalchemy_scheme "
    "sqlalchemy_query azure_conn_id".split()
)
_CURSORS = {"dictcursor": "DictCursor", "realdictcursor": "RealDictCursor", "namedtuplecursor": "NamedTupleCursor"}
_ROWS = {"dictcursor": "dict_row", "namedtuplecursor": "namedtuple_row"}


class PostgresHook(DbApiHook):
    """Runs SQL on a PostgreSQL database with the driver psycopg2, or with psycopg if psycopg2 is not installed.

    The keys of the connection's extra, except `cursor`, are arguments for the driver. The key `cursor` of the
    connection's extra, such as `dictcursor`, selects the type of rows.

    Args:
        args: The connection's id.
        options: Options that the server applies to each new database connection, such as `-c search_path=sales`.
        enable_log_db_messages: Whether to log the messages that the server sends.
        sqlalchemy_scheme: SQLAlchemy's driver for the URI: `postgresql` or `postgresql+psycopg2`.
        kwargs: The arguments `postgres_conn_id` and `database`, and arguments of `DbApiHook`.
    """

    conn_name_attr = "postgres_conn_id"
    default_conn_name = "postgres_default"
    conn_type = "postgres"
    hook_name = "Postgres"
    supports_autocommit = True
    supports_executemany = True
    dialect_class: type[Dialect] = PostgresDialect

    def __init__(
        self,
        *args: Any,
        options: str | None = None,
        enable_log_db_messages: bool = False,
        sqlalchemy_scheme: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.conn: Any = None
        self.database: str | None = kwargs.pop("database", None)
        self.options = options
        self.enable_log_db_messages = enable_log_db_messages
        self._sqlalchemy_scheme = sqlalchemy_scheme

    @cached_property
    def _driver(self) -> Any:
        for name in ("psycopg2", "psycopg"):
            try:
                return import_module(name)
            except ImportError:
                continue
        raise MissingPackageError(
            "PostgresHook needs a driver. Run `pip install 'airflow-compat[postgres]'`", name="psycopg2"
        )

    @property
    def _is_psycopg3(self) -> bool:
        return bool(self._driver.__name__ == "psycopg")

    def get_conn(self) -> Any:
        """Return a new connection of the driver.

        Raises:
            MissingPackageError: No PostgreSQL driver is installed.
            UnsupportedFeatureError: The connection is set to log in with a token of AWS or Azure, which is not
                supported.
            ValueError: The key `cursor` of the connection's extra has an unknown value.
        """
        held, extra = self.connection, self.connection_extra
        if extra.get("iam"):
            raise UnsupportedFeatureError(
                f"Connection {self.get_conn_id()!r} has the extra 'iam', which PostgresHook does not support here. Set "
                "a password, or connect with the cloud's own client."
            )
        arguments: dict[str, Any] = {
            "host": held.host,
            "user": held.login,
            "password": held.password,
            "dbname": self.database or held.schema,
            "port": held.port,
            **({"options": self.options} if self.options else {}),
            **{name: value for name, value in extra.items() if name not in _IGNORED},
            **self._row_argument(str(extra.get("cursor") or "")),
        }
        self.conn = self._driver.connect(**arguments)
        if self._is_psycopg3 and self.enable_log_db_messages:
            self.conn.add_notice_handler(lambda notice: self.log.info(str(notice.message_primary).strip()))
        return self.conn

    def _row_argument(self, cursor: str) -> dict[str, Any]:
        if not cursor:
            return {}
        known, module = (_ROWS, "psycopg.rows") if self._is_psycopg3 else (_CURSORS, "psycopg2.extras")
        if cursor.lower() not in known:
            raise ValueError(f"Invalid cursor passed {cursor.lower()}. Valid options are: {', '.join(known)}")
        found = getattr(import_module(module), known[cursor.lower()])
        return {"row_factory" if self._is_psycopg3 else "cursor_factory": found}

    @property
    def sqlalchemy_url(self) -> Any:
        from sqlalchemy.engine import URL

        held, query = self.connection, self.connection_extra.get("sqlalchemy_query", {})
        if not isinstance(query, dict):
            raise TypeError("The parameter 'sqlalchemy_query' must be of type dict!")
        scheme = self._sqlalchemy_scheme or self.connection_extra.get("sqlalchemy_scheme")
        return URL.create(
            scheme or ("postgresql+psycopg" if self._is_psycopg3 else "postgresql"),
            username=held.login,
            password=held.password,
            host=held.host,
            port=held.port,
            database=self.database or held.schema,
            query=query,
        )

    def get_uri(self) -> str:
        return str(self.sqlalchemy_url.render_as_string(hide_password=False))

    def _frame_connection(self) -> AbstractContextManager[Any]:
        from sqlalchemy import NullPool

        # Return a SQLAlchemy engine, because pandas accepts a driver's own connection only for SQLite.
        connection: AbstractContextManager[Any] = self.get_sqlalchemy_engine({"poolclass": NullPool}).connect()
        return connection

    def _run_command(self, cursor: Any, statement: str, parameters: Parameters) -> None:
        if self._is_psycopg3 and isinstance(parameters, list):
            parameters = tuple(parameters)
        super()._run_command(cursor, statement, parameters)

    def copy_expert(self, sql: str, filename: str) -> None:
        """Run a COPY command: `COPY sales TO STDOUT` writes the file, and `COPY sales FROM STDIN` reads the file.

        As in Airflow, a missing file is created, even if the command reads the file.
        """
        self.log.info("Running copy expert: %s, filename: %s", sql, filename)
        path = Path(filename)
        path.touch()
        with closing(self.get_conn()) as conn, closing(conn.cursor()) as cursor:
            if not self._is_psycopg3:
                with path.open("r+") as file:
                    cursor.copy_expert(sql, file)
                    file.truncate(file.tell())
            elif " from stdin" in sql.lower():
                with cursor.copy(sql) as copy:
                    copy.write(path.read_bytes())
            else:
                with cursor.copy(sql) as copy, path.open("wb") as file:
                    file.writelines(copy)
            conn.commit()

    def bulk_load(self, table: str, tmp_file: str) -> None:
        self.copy_expert(f"COPY {table} FROM STDIN", tmp_file)

    def bulk_dump(self, table: str, tmp_file: str) -> None:
        self.copy_expert(f"COPY {table} TO STDOUT", tmp_file)

    def _execute_many(self, cursor: Any, sql: str, values: list[tuple[Any, ...]], *, is_fast: bool) -> None:
        if not is_fast or self._is_psycopg3:
            cursor.executemany(sql, values)
            return
        one_row = f"({','.join(['%s'] * len(values[0]))})"
        execute_values = import_module("psycopg2.extras").execute_values
        execute_values(cursor, sql.replace(one_row, "%s", 1), values, page_size=len(values))

    def upsert_rows(  # noqa: PLR0917 - Airflow's own order
        self,
        table: str,
        rows: Iterable[tuple[Any, ...]],
        target_fields: list[str],
        conflict_fields: list[str],
        update_fields: list[str] | None = None,
        commit_every: int = 1000,
        *,
        fast_executemany: bool = False,
        autocommit: bool = False,
    ) -> None:
        """Insert rows, and update existing rows with the same values in `conflict_fields`. See `insert_rows`."""
        self.insert_rows(
            table,
            rows,
            target_fields,
            commit_every,
            replace=True,
            fast_executemany=fast_executemany,
            autocommit=autocommit,
            replace_index=conflict_fields,
            replace_target=update_fields,
        )

    @staticmethod
    def _serialize_cell(cell: Any, conn: Any = None) -> Any:
        """Return a value in a form that the driver accepts: for psycopg, dicts and lists are wrapped."""
        if isinstance(cell, (dict, list)) and type(conn).__module__.startswith("psycopg."):
            return import_module("psycopg.types.json").Json(cell)
        return cell

    def get_table_primary_key(self, table: str, schema: str | None = "public") -> list[str] | None:
        """Return the names of the columns in a table's primary key; None if the table has no primary key."""
        return self.dialect.get_primary_keys(table, schema) or None

    def get_db_log_messages(self, conn: Any) -> None:
        if self.enable_log_db_messages and not self._is_psycopg3:
            for output in conn.notices:
                self.log.log(logging.INFO, output)
