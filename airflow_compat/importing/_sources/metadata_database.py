"""Reads a source that is a SQLAlchemy URL: the metadata database of Airflow 2 or 3. Never writes to the database.

Encrypted values are decrypted with the key in AIRFLOW__CORE__FERNET_KEY. A variable's value that is JSON stays text.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from ..._airflow.connection import Connection
from ..._airflow.connection_fields import FIELDS, read_json
from ..._airflow.connection_uri import RefusedError
from ..._airflow.export_data import Export, Kind, Note, Problem
from ..._airflow.export_entries import TEAM_NAME_DROPPED, read_each
from ..._airflow.pool import Pool
from ..._airflow.variable import VariableRecord
from ...errors import MissingPackageError, SourceError
from .fernet import Decrypter

if TYPE_CHECKING:
    import sqlalchemy as sa

_SCHEMES = ("postgresql", "postgres", "mysql", "mariadb", "sqlite")
_TIMEOUT_SECONDS = 5
# The names of each driver's arguments for timeouts. Without a limit, MySQL's drivers would wait forever for a server
# that accepts the connection but sends nothing.
_TIMEOUT_NAMES = {
    "mysqlconnector": ("connection_timeout", "read_timeout"),
    "mysqldb": ("connect_timeout", "read_timeout"),
    "pg8000": ("timeout",),
    "pymysql": ("connect_timeout", "read_timeout"),
}
# Phrases in drivers' errors, and the message to show in place of the error's text, which may quote the URL.
_REASONS = {
    "authentication failed": "the database refuses the login or the password. Check both.",
    "access denied": "the database refuses the login or the password. Check both.",
    "permission denied": "the login may not read Airflow's tables. Use a login with this permission.",
    "not a database": "the file is not a SQLite database. Check the path.",
    "does not exist": "there is no such database or user. Check the URL.",
    "unknown database": "there is no such database. Check the URL.",
}
# The columns to read from each table; the first column is the id. In older releases of Airflow 2, some of these columns
# don't exist.
_TABLES = {
    "connection": (
        *("conn_id", "conn_type", "description", "host", "login", "password", "schema", "port", "extra"),
        *("is_encrypted", "is_extra_encrypted", "team_name"),
    ),
    "variable": ("key", "val", "description", "is_encrypted", "team_name"),
    "slot_pool": ("pool", "slots", "description", "include_deferred", "team_name"),
}
_TABLE_OF: dict[Kind, str] = {"connection": "connection", "variable": "variable", "pool": "slot_pool"}
# The URL has one host, or, for PostgreSQL, a list of hosts. After a colon, show only a number, because other text may
# be a password.
_HOST = r"(?:[\w.-]*|\[[\w:.]*\])(?::\d*)?"
_SHOWN = re.compile(rf"(?:[^@/?#]*@)?(?P<shown>{_HOST}(?:,{_HOST})*(?:/[^@?#]*)?)(?:\?[^@]*)?")
# Drivers raise these errors if they can't handle a query argument or a character of the URL.
_DRIVER_ERRORS = (AttributeError, LookupError, OSError, TypeError, ValueError)
_Row = Mapping[str, Any]


def matches(source: str) -> bool:
    """Return True if the source is a database URL."""
    scheme, separator, _ = source.partition("://")
    return bool(separator) and scheme.partition("+")[0] in _SCHEMES


def name(source: str) -> str:
    """Return the source's name for messages, without the URL's login and query, which may contain passwords."""
    scheme, _, rest = source.partition("://")
    plain = _SHOWN.fullmatch(rest)
    # If the password is not percent-encoded, its characters may appear in any part, so show none.
    return f"{scheme}://{plain['shown'] if plain else '***'}"


def read(source: str, environ: Mapping[str, str]) -> Export:
    """Return the database's connections, variables and pools.

    Raises:
        SourceError: The database is unreachable, unreadable or not a metadata database of Airflow.
        MissingPackageError: The database driver is missing.
    """
    import sqlalchemy as sa

    shown = name(source)
    engine = _engine(source, shown)
    try:
        # Only for PostgreSQL, SQLAlchemy has an option that makes the connection read-only.
        options = {"postgresql_readonly": True} if engine.dialect.name == "postgresql" else {}
        with _connect(engine, shown).execution_options(**options) as connection:
            rows = {table: _rows(connection, table, columns, shown) for table, columns in _TABLES.items()}
    except sa.exc.SQLAlchemyError as exc:
        raise SourceError(f"{shown}: {_reason(exc)}") from None
    finally:
        engine.dispose()
    return _export(rows, Decrypter(environ))


def _engine(source: str, shown: str) -> sa.Engine:
    import sqlalchemy as sa

    if source.startswith("postgres:"):
        # Airflow still accepts the old spelling `postgres:`, but SQLAlchemy doesn't.
        source = source.replace("postgres:", "postgresql:", 1)
    try:
        url = sa.engine.make_url(source)
        dialect = url.get_dialect()
    except sa.exc.NoSuchModuleError:
        raise SourceError(f"{shown}: SQLAlchemy has no such driver. Use, for example, postgresql+psycopg2.") from None
    except (sa.exc.ArgumentError, ValueError):
        raise SourceError(f"{shown}: the address is not a SQLAlchemy URL. Percent-encode the password.") from None
    if getattr(dialect, "is_async", False):
        raise SourceError(
            f"{shown}: the URL has an asynchronous driver, as in Airflow's sql_alchemy_conn_async. Pass Airflow's "
            f"sql_alchemy_conn, such as {url.get_backend_name()}://."
        )
    if url.get_backend_name() == "sqlite":
        return _sqlite(url.database, shown)
    timeouts = _TIMEOUT_NAMES.get(url.get_driver_name(), ("connect_timeout",))
    try:
        return sa.create_engine(
            url,
            poolclass=sa.pool.NullPool,
            hide_parameters=True,
            connect_args=dict.fromkeys(timeouts, _TIMEOUT_SECONDS),
        )
    except ImportError as exc:
        extra = "postgres" if url.get_backend_name() == "postgresql" else "mysql"
        raise MissingPackageError(
            f"{shown}: the driver {exc.name} is not installed. Install the driver, or run `pip install "
            f"'airflow-compat[{extra}]'` and use {url.get_backend_name()}://.",
            name=exc.name,
        ) from None
    except (sa.exc.ArgumentError, *_DRIVER_ERRORS) as exc:
        problem = type(exc).__name__
    raise _refused_by_driver(shown, problem)


def _connect(engine: sa.Engine, shown: str) -> sa.Connection:
    try:
        return engine.connect()
    except _DRIVER_ERRORS as exc:
        problem = type(exc).__name__
    # Raise outside the `except` block: there, SourceError would refer to the driver's error, which may contain the
    # password.
    raise _refused_by_driver(shown, problem)


def _refused_by_driver(shown: str, problem: str) -> SourceError:
    return SourceError(
        f"{shown}: the driver can't use a part of the URL ({problem}). Check the query, the files that it names, and "
        "the characters of the password."
    )


def _sqlite(file: str | None, shown: str) -> sa.Engine:
    """Create an engine that opens a SQLite file only for reading: otherwise SQLite would create a missing file."""
    import sqlalchemy as sa

    if file and file.startswith("file:"):
        # The path is a `file:` URI of SQLite. SQLAlchemy has already removed the URI's query.
        file = unquote(file.removeprefix("file:"))
    if not file or not Path(file).is_file():
        raise SourceError(
            f"{shown}: there is no such file. An absolute path has four slashes, as in sqlite:////srv/a.db."
        )
    uri = f"file:{quote(str(Path(file).absolute()))}?mode=ro"
    return sa.create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(uri, uri=True, timeout=_TIMEOUT_SECONDS),
        poolclass=sa.pool.NullPool,
        hide_parameters=True,
    )


def _rows(connection: sa.Connection, table: str, columns: tuple[str, ...], shown: str) -> list[_Row]:
    import sqlalchemy as sa

    inspector = sa.inspect(connection)
    if not inspector.has_table(table):
        raise SourceError(
            f"{shown}: the database has no table {table!r}, so it is not Airflow's. Pass Airflow's [database] "
            "sql_alchemy_conn."
        )
    there = {column["name"] for column in inspector.get_columns(table)}
    known: list[sa.ColumnClause[Any]] = [sa.column(column) for column in columns if column in there]
    query = sa.select(*known).select_from(sa.table(table)).order_by(known[0])
    return [dict(row._mapping) for row in connection.execute(query)]


def _reason(exc: sa.exc.SQLAlchemyError) -> str:
    cause = getattr(exc, "orig", None) or exc
    said = str(cause).lower()
    unreached = (
        f"the database can't be reached or read ({type(cause).__name__}). Check the URL, and that the database runs."
    )
    return next((reason for phrase, reason in _REASONS.items() if phrase in said), unreached)


def _export(rows: Mapping[str, list[_Row]], decrypter: Decrypter) -> Export:
    problems: list[Problem] = []
    return Export(
        connections=tuple(
            read_each("connection", _by_id(rows["connection"]), lambda _, row: _connection(row, decrypter), problems)
        ),
        variables=tuple(
            read_each("variable", _by_id(rows["variable"]), lambda _, row: _variable(row, decrypter), problems)
        ),
        pools=tuple(
            Pool(row["pool"], row["slots"], row.get("description") or "", bool(row.get("include_deferred", False)))
            for row in rows["slot_pool"]
        ),
        problems=tuple(problems),
        notes=tuple(
            Note(kind, id_, TEAM_NAME_DROPPED)
            for kind, table in _TABLE_OF.items()
            for id_, row in _by_id(rows[table])
            if row.get("team_name")
        ),
    )


def _by_id(rows: list[_Row]) -> Iterator[tuple[str, _Row]]:
    return ((str(next(iter(row.values()))), row) for row in rows)


def _connection(row: _Row, decrypter: Decrypter) -> Connection:
    fields = {key: row[key] for key in FIELDS if key in row}
    for key, is_encrypted in (("password", row["is_encrypted"]), ("extra", row["is_extra_encrypted"])):
        if fields[key] and is_encrypted:
            fields[key] = decrypter.text(fields[key])
    return Connection(row["conn_id"], **read_json(fields))


def _variable(row: _Row, decrypter: Decrypter) -> VariableRecord:
    value = row["val"]
    if value is None:
        raise RefusedError("the variable has no value; set a value in Airflow, or delete the variable there")
    return VariableRecord(
        row["key"], decrypter.text(value) if row["is_encrypted"] else value, row.get("description") or None
    )
