"""A SQLAlchemy URL: Airflow's metadata database, of 2.x and 3.x. It is only read.

Values are decrypted with AIRFLOW__CORE__FERNET_KEY. A variable is kept as the text that Airflow has.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, unquote

from .._airflow.connection import Connection
from .._airflow.connection_fields import FIELDS, read_json
from .._airflow.connection_uri import RefusedError
from .._airflow.export_data import Export, Kind, Note, Problem
from .._airflow.export_entries import TEAM_NAME_DROPPED
from .._airflow.pool import Pool
from .._airflow.resolve import Rank
from .._airflow.variable import VariableRecord
from ..errors import MissingPackageError, SourceError
from .fernet import Decrypter, UndecryptedError

if TYPE_CHECKING:
    import sqlalchemy as sa

RANK = Rank.DATABASE

_SCHEMES = ("postgresql", "postgres", "mysql", "mariadb", "sqlite")
_TIMEOUT_SECONDS = 5
# MySQL's drivers wait without end for the greeting of a server that accepted.
_TIMEOUT_NAMES = {
    "mysqlconnector": ("connection_timeout", "read_timeout"),
    "mysqldb": ("connect_timeout", "read_timeout"),
    "pg8000": ("timeout",),
    "pymysql": ("connect_timeout", "read_timeout"),
}
# What drivers say, which differs between them and may quote the URL's parts; and what we say.
_REASONS = {
    "authentication failed": "the login or its password is refused; check both",
    "access denied": "the login or its password is refused; check both",
    "permission denied": "the login may not read Airflow's tables; give one that may",
    "not a database": "not a SQLite database; check the path",
    "does not exist": "there is no such database or user; check the URL",
    "unknown database": "there is no such database; check the URL",
}
# The id comes first. Older releases of 2.x lack a column or two.
_TABLES = {
    "connection": (
        *("conn_id", "conn_type", "description", "host", "login", "password", "schema", "port", "extra"),
        *("is_encrypted", "is_extra_encrypted", "team_name"),
    ),
    "variable": ("key", "val", "description", "is_encrypted", "team_name"),
    "slot_pool": ("pool", "slots", "description", "include_deferred", "team_name"),
}
_TABLE_OF: dict[Kind, str] = {"connection": "connection", "variable": "variable", "pool": "slot_pool"}
# One host, or several as PostgreSQL takes them. What looks like a port and isn't a number is a password without a host.
_HOST = r"(?:[\w.-]*|\[[\w:.]*\])(?::\d*)?"
_SHOWN = re.compile(rf"(?:[^@/?#]*@)?(?P<shown>{_HOST}(?:,{_HOST})*(?:/[^@?#]*)?)(?:\?[^@]*)?")
# What drivers raise as it is for an argument of the URL's query, or a character, that they can't take.
_DRIVER_ERRORS = (AttributeError, LookupError, OSError, TypeError, ValueError)
_Row = Mapping[str, Any]
_Entry = TypeVar("_Entry", Connection, VariableRecord, Pool)


def matches(source: str) -> bool:
    """Whether this is a database's URL."""
    scheme, separator, _ = source.partition("://")
    return bool(separator) and scheme.partition("+")[0] in _SCHEMES


def name(source: str) -> str:
    """The source in messages: neither the login nor the query, which may hold a password."""
    scheme, _, rest = source.partition("://")
    plain = _SHOWN.fullmatch(rest)
    # A password that isn't encoded may stand anywhere.
    return f"{scheme}://{plain['shown'] if plain else '***'}"


def read(source: str, environ: Mapping[str, str]) -> Export:
    """The database's connections, variables and pools.

    Raises:
        SourceError: It can't be reached or read, or is none of Airflow's.
        MissingPackageError: Its driver isn't installed.
    """
    import sqlalchemy as sa

    shown = name(source)
    engine = _engine(source, shown)
    try:
        with _connect(engine, shown).execution_options(**_read_only(engine)) as connection:
            rows = {table: _rows(connection, table, columns, shown) for table, columns in _TABLES.items()}
    except sa.exc.SQLAlchemyError as exc:
        raise SourceError(f"{shown}: {_reason(exc)}") from None
    finally:
        engine.dispose()
    return _export(rows, Decrypter(environ))


def _engine(source: str, shown: str) -> sa.Engine:
    import sqlalchemy as sa

    if source.startswith("postgres:"):
        # Airflow still takes the old spelling, SQLAlchemy doesn't.
        source = source.replace("postgres:", "postgresql:", 1)
    try:
        url = sa.engine.make_url(source)
        dialect = url.get_dialect()
    except sa.exc.NoSuchModuleError:
        raise SourceError(f"{shown}: SQLAlchemy knows no such driver; write postgresql+psycopg2, say") from None
    except (sa.exc.ArgumentError, ValueError):
        raise SourceError(f"{shown}: not a SQLAlchemy URL; percent-encode its password") from None
    if getattr(dialect, "is_async", False):
        raise SourceError(
            f"{shown}: an asynchronous driver, as Airflow's sql_alchemy_conn_async has; give its sql_alchemy_conn, "
            f"as in {url.get_backend_name()}://"
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
            f"{shown}: its driver {exc.name} isn't installed; install it, or pip install 'airflow-compat[{extra}]' and "
            f"write {url.get_backend_name()}://",
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
    # Such an error may hold the password, so ours is raised outside of its handler.
    raise _refused_by_driver(shown, problem)


def _refused_by_driver(shown: str, problem: str) -> SourceError:
    return SourceError(
        f"{shown}: its driver can't take a part of the URL ({problem}); check its query, the files that it names, and "
        "the characters of its password"
    )


def _read_only(engine: sa.Engine) -> dict[str, bool]:
    # MySQL has no such option of its own.
    return {"postgresql_readonly": True} if engine.dialect.name == "postgresql" else {}


def _sqlite(file: str | None, shown: str) -> sa.Engine:
    """SQLite creates a database that isn't there, unless it is opened for reading."""
    import sqlalchemy as sa

    if file and file.startswith("file:"):
        # SQLite's own form of a URI, whose query SQLAlchemy has taken off.
        file = unquote(file.removeprefix("file:"))
    if not file or not Path(file).is_file():
        raise SourceError(
            f"{shown}: there is no such file; an absolute path has four slashes, as in sqlite:////srv/a.db"
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
            f"{shown}: it has no table {table!r}, so it is not Airflow's; give its [database] sql_alchemy_conn"
        )
    there = {column["name"] for column in inspector.get_columns(table)}
    known: list[sa.ColumnClause[Any]] = [sa.column(column) for column in columns if column in there]
    query = sa.select(*known).select_from(sa.table(table)).order_by(known[0])
    return [dict(row._mapping) for row in connection.execute(query)]


def _reason(exc: sa.exc.SQLAlchemyError) -> str:
    cause = getattr(exc, "orig", None) or exc
    said = str(cause).lower()
    unreached = f"it can't be reached or read ({type(cause).__name__}); check the URL, and that the database runs"
    return next((reason for phrase, reason in _REASONS.items() if phrase in said), unreached)


def _export(rows: Mapping[str, list[_Row]], decrypter: Decrypter) -> Export:
    problems: list[Problem] = []
    return Export(
        connections=_read_all("connection", rows["connection"], lambda row: _connection(row, decrypter), problems),
        variables=_read_all("variable", rows["variable"], lambda row: _variable(row, decrypter), problems),
        pools=_read_all("pool", rows["slot_pool"], _pool, problems),
        problems=tuple(problems),
        notes=tuple(
            Note(kind, str(next(iter(row.values()))), TEAM_NAME_DROPPED)
            for kind, table in _TABLE_OF.items()
            for row in rows[table]
            if row.get("team_name")
        ),
    )


def _read_all(
    kind: Kind, rows: list[_Row], reader: Callable[[_Row], _Entry], problems: list[Problem]
) -> tuple[_Entry, ...]:
    found = []
    for row in rows:
        try:
            found.append(reader(row))
        except (UndecryptedError, RefusedError) as exc:
            id_, *_ = row.values()
            problems.append(Problem(kind, str(id_), str(exc)))
    return tuple(found)


def _connection(row: _Row, decrypter: Decrypter) -> Connection:
    fields = {key: row[key] for key in FIELDS if key in row}
    for key, is_encrypted in (("password", row["is_encrypted"]), ("extra", row["is_extra_encrypted"])):
        if fields[key] and is_encrypted:
            fields[key] = decrypter.text(fields[key])
    return Connection(row["conn_id"], **read_json(fields))


def _variable(row: _Row, decrypter: Decrypter) -> VariableRecord:
    value = row["val"]
    if value is None:
        raise RefusedError("it has no value; set one in Airflow, or delete it there")
    return VariableRecord(
        row["key"], decrypter.text(value) if row["is_encrypted"] else value, row.get("description") or None
    )


def _pool(row: _Row) -> Pool:
    return Pool(row["pool"], row["slots"], row.get("description") or "", bool(row.get("include_deferred", False)))
