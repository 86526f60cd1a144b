"""The hook for MySQL (`airflow.providers.mysql.hooks.mysql`)."""

from __future__ import annotations

import json
import re
from contextlib import closing
from functools import cached_property
from importlib import import_module
from typing import Any
from urllib.parse import quote_plus, urlencode

from ....errors import MissingPackageError, UnsupportedFeatureError
from .dbapi import DbApiHook

_CONNECTOR = "mysql-connector-python"
_CURSORS = {"sscursor": "SSCursor", "dictcursor": "DictCursor", "ssdictcursor": "SSDictCursor"}
_PREFIXES = {_CONNECTOR: "mysql+mysqlconnector", "pymysql": "mysql+pymysql"}


class MySqlHook(DbApiHook):
    """Runs SQL on a MySQL database with the driver mysqlclient, or with PyMySQL if mysqlclient is not installed.

    If the connection's extra has `"client": "mysql-connector-python"`, that driver is used instead.

    Args:
        args: The connection's id.
        kwargs: The arguments `mysql_conn_id`, `schema`, `local_infile` and `init_command`, and arguments of
            `DbApiHook`.
    """

    conn_name_attr = "mysql_conn_id"
    default_conn_name = "mysql_default"
    conn_type = "mysql"
    hook_name = "MySQL"
    supports_autocommit = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "escape_word_format": "`{}`"})
        self.schema: str | None = kwargs.get("schema")
        self.local_infile: bool = kwargs.get("local_infile", False)
        self.init_command: str | None = kwargs.get("init_command")

    @cached_property
    def _driver(self) -> Any:
        client = self.connection_extra.get("client", "mysqlclient")
        modules = {"mysqlclient": ("MySQLdb", "pymysql"), _CONNECTOR: ("mysql.connector",), "pymysql": ("pymysql",)}
        if client not in modules:
            raise ValueError("Unknown MySQL client name provided!")
        for name in modules[client]:
            try:
                return import_module(name)
            except ImportError:
                continue
        hint = "airflow-compat[mysql]" if client == "mysqlclient" else client
        raise MissingPackageError(f"MySqlHook needs a driver. Run `pip install '{hint}'`", name=modules[client][0])

    def get_conn(self) -> Any:
        """Return a new connection of the driver.

        Raises:
            MissingPackageError: The MySQL driver is not installed.
            UnsupportedFeatureError: The connection is set to log in with a token of AWS, which is not supported.
        """
        held = self.connection
        if self.connection_extra.get("iam"):
            raise UnsupportedFeatureError(
                f"Connection {self.get_conn_id()!r} has the extra 'iam', which MySqlHook does not support here. Set a "
                "password, or connect with the cloud's own client."
            )
        arguments: dict[str, Any] = {
            "user": held.login,
            "password": held.password or "",
            "host": held.host or "localhost",
            "database": self.schema or held.schema or "",
            "port": int(held.port or 3306),
            **({"init_command": self.init_command} if self.init_command else {}),
        }
        if self._driver.__name__ == "mysql.connector":
            arguments |= {name: value for name, value in self.connection_extra.items() if name.startswith("ssl_")}
            arguments |= {"allow_local_infile": True} if self.local_infile else {}
        else:
            arguments |= self._client_arguments()
        return self._driver.connect(**arguments)

    def _client_arguments(self) -> dict[str, Any]:
        extra = self.connection_extra
        same = ("charset", "ssl_mode", "unix_socket")
        found: dict[str, Any] = {name: extra[name] for name in same if extra.get(name)}
        if str(extra.get("charset")).lower() in ("utf8", "utf-8"):
            found["use_unicode"] = True
        if (cursor := _CURSORS.get(str(extra.get("cursor")).lower())) is not None:
            found["cursorclass"] = getattr(import_module(f"{self._driver.__name__}.cursors"), cursor)
        if ssl := extra.get("ssl"):
            found["ssl"] = json.loads(ssl) if isinstance(ssl, str) else ssl
        if self.local_infile:
            found["local_infile"] = 1
        return found

    def set_autocommit(self, conn: Any, autocommit: bool) -> None:
        if isinstance(getattr(type(conn), "autocommit", None), property):
            conn.autocommit = autocommit
        else:
            conn.autocommit(autocommit)

    def get_autocommit(self, conn: Any) -> bool:
        is_property = isinstance(getattr(type(conn), "autocommit", None), property)
        return bool(conn.autocommit if is_property else conn.get_autocommit())

    def get_uri(self) -> str:
        """Return the URI for SQLAlchemy, which **contains the password**."""
        held, extra = self.connection, dict(self.connection_extra)
        prefix = _PREFIXES.get(extra.pop("client", "mysqlclient"), "mysql")
        password = f":{quote_plus(held.password)}" if held.password else ""
        login = f"{quote_plus(held.login)}{password}@" if held.login else ""
        port = f":{held.port}" if held.port else ""
        schema = self.schema or held.schema
        path = f"/{quote_plus(schema)}" if schema else ""
        query = urlencode({name: str(value) for name, value in extra.items() if value})
        return f"{prefix}://{login}{held.host or 'localhost'}{port}{path}{f'?{query}' if query else ''}"

    def bulk_load(self, table: str, tmp_file: str) -> None:
        self._run_with_file(f"LOAD DATA LOCAL INFILE %s INTO TABLE `{_checked(table)}`", tmp_file)

    def bulk_dump(self, table: str, tmp_file: str) -> None:
        self._run_with_file(f"SELECT * INTO OUTFILE %s FROM `{_checked(table)}`", tmp_file)

    def bulk_load_custom(
        self, table: str, tmp_file: str, duplicate_key_handling: str = "IGNORE", extra_options: str = ""
    ) -> None:
        """Insert the rows in a file into a table, with LOAD DATA.

        Args:
            table: The table.
            tmp_file: The file.
            duplicate_key_handling: What to do with rows whose keys already exist in the table: IGNORE or REPLACE.
            extra_options: Further clauses of the LOAD DATA statement, such as the separator between columns.
        """
        sql = f"LOAD DATA LOCAL INFILE %s {duplicate_key_handling} INTO TABLE `{table}` {extra_options}"
        self._run_with_file(sql, tmp_file)

    def _run_with_file(self, sql: str, file: str) -> None:
        with closing(self.get_conn()) as conn, closing(conn.cursor()) as cursor:
            cursor.execute(sql, (file,))
            conn.commit()

    @staticmethod
    def _serialize_cell(cell: Any, conn: Any = None) -> Any:
        """Return a value unchanged, because the driver converts values itself."""
        return cell


def _checked(table: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9_.]+", table):
        raise ValueError(f"Invalid table name: {table}")
    return table
