"""Forms of a metadata database URL: SQLite's paths, and MySQL's drivers with a real MariaDB."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pymysql
import pytest
from airflow_database import EXPECTED, PASSWORD, TABLES, VARIABLES, fill_sqlite, read, refused, rows

from airflow_compat._airflow.pool import Pool

HARD = f"{PASSWORD}@:/?#%[ +&="


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+pysqlite"])
def test_paths_of_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    file = tmp_path / "air flow" / "airflow.db"
    file.parent.mkdir()
    fill_sqlite(file, TABLES)
    monkeypatch.chdir(tmp_path)
    for path in (
        f"/{file}",
        f"/{file}?mode=ro",
        f"/{file}?timeout=30&check_same_thread=false",
        "/air flow/airflow.db",
        "/./air flow/airflow.db",
        f"/file:{quote(str(file))}?mode=ro&uri=true",
        f"/file://{quote(str(file))}?mode=ro&uri=true",
        "/file:air%20flow/airflow.db?uri=true",
    ):
        assert read(f"{scheme}://{path}").connections == EXPECTED, path


@pytest.mark.parametrize("url", ["sqlite:///{}", "sqlite:///{}?mode=rwc", "sqlite:///file:{}?mode=rwc&uri=true"])
def test_missing_file_is_not_created(tmp_path: Path, url: str) -> None:
    assert "there is no such file" in refused(url.format(tmp_path / "airflow.db"))
    assert "there is no such file" in refused(url.format(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_sqlite_database_without_airflows_tables(tmp_path: Path) -> None:
    file = tmp_path / "empty.db"
    file.touch()
    assert "has no table 'connection'" in refused(f"sqlite:///{file}")
    assert file.read_bytes() == b""


@pytest.fixture
def unreached() -> Iterator[str]:
    """A host and port without a listener."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


@pytest.mark.parametrize("scheme", ["mysql+pymysql", "mariadb+pymysql"])
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "can't be reached or read"),
        ("?unix_socket=/nowhere/mysqld.sock", "can't be reached or read"),
        ("?connect_timeout=3", "can't be reached or read"),
        ("?ssl_ca=/nowhere/ca.pem", "can't use a part of the URL (FileNotFoundError)"),
        ("?charset=nowhere", "can't use a part of the URL (AttributeError)"),
        ("?connect_timeout=soon", "can't use a part of the URL (ValueError)"),
        (f"?nothing={PASSWORD}", "can't use a part of the URL (TypeError)"),
    ],
)
def test_arguments_of_mysql(unreached: str, scheme: str, query: str, said: str) -> None:
    assert refused(f"{scheme}://u:{PASSWORD}@{unreached}/airflow{query}").startswith(f"{scheme}://{unreached}/airflow:")
    assert said in refused(f"{scheme}://u:{PASSWORD}@{unreached}/airflow{query}")


@pytest.fixture(scope="module")
def mariadb() -> Iterator[str]:
    """The socket of a real MariaDB with Airflow's tables, and a user with a password for each test."""
    found = shutil.which("mariadbd")
    if found is None:
        pytest.skip("no mariadbd on the PATH: apt-get install mariadb-server-core brings one")
    # A socket's path is short, and pytest's own folder may not be.
    with tempfile.TemporaryDirectory(prefix="mariadb-") as folder:
        base = Path(found).resolve().parent.parent
        server = [found, "--no-defaults", f"--basedir={base}", f"--datadir={folder}", "--user=root"]
        scripts = ("mysql_system_tables", "mysql_performance_tables", "mysql_system_tables_data")
        system = "\n".join((base / "share" / "mysql" / f"{name}.sql").read_text() for name in scripts)
        subprocess.run(
            [*server, "--bootstrap"],
            input=f"CREATE DATABASE mysql;\nUSE mysql;\n{system}\nCREATE DATABASE airflow;\n",
            text=True, check=True, capture_output=True,
        )  # fmt: skip
        path = f"{folder}/socket"
        with subprocess.Popen(
            [*server, "--skip-networking", f"--socket={path}"], text=True, stderr=subprocess.PIPE
        ) as process:
            assert process.stderr is not None
            assert any("ready for connections" in line for line in process.stderr)
            _fill(path)
            yield path
            process.terminate()
            process.communicate()


def _fill(path: str) -> None:
    with pymysql.connect(unix_socket=path, user="root", database="airflow", autocommit=True) as connection:
        cursor = connection.cursor()
        for statement in filter(str.strip, TABLES.split(";")):
            cursor.execute(re.sub(r"\b(schema|key)(?= varchar)", r"`\1`", statement))
        for insert, values in rows():
            cursor.execute(
                re.sub(r"(?<=, )(schema|key)(?=,)", r"`\1`", insert) + f" ({', '.join(['%s'] * len(values))})", values
            )
        cursor.execute("INSERT INTO slot_pool VALUES (1, 'warehouse', 3, NULL, true, NULL)")
        for name, password in (("plain", PASSWORD), ("hard", HARD)):
            cursor.execute(f"CREATE USER {name}@localhost IDENTIFIED BY %s", [password])
            cursor.execute(f"GRANT SELECT ON airflow.* TO {name}@localhost")
        cursor.execute("CREATE USER blind@localhost IDENTIFIED BY %s", [PASSWORD])
        cursor.execute("CREATE DATABASE other")
        cursor.execute("GRANT SELECT ON other.* TO plain@localhost")


@pytest.mark.parametrize("scheme", ["mysql+pymysql", "mariadb+pymysql"])
@pytest.mark.parametrize("login", [f"plain:{PASSWORD}", f"hard:{quote(HARD, safe='')}"], ids=["plain", "hard"])
def test_mariadb(mariadb: str, scheme: str, login: str) -> None:
    for host, query in (("localhost", ""), ("", "&charset=utf8mb4"), ("localhost:3306", "&connect_timeout=3")):
        export = read(f"{scheme}://{login}@{host}/airflow?unix_socket={quote(mariadb, safe='')}{query}")
        assert export.connections == EXPECTED
        assert export.variables == VARIABLES
        assert export.pools == (Pool("warehouse", 3, include_deferred=True),)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (f"plain:{PASSWORD}é@localhost/airflow", "the database refuses the login or the password"),
        (f"plain:{PASSWORD}\u1234@localhost/airflow", "can't use a part of the URL (UnicodeEncodeError)"),
        (f"plain:{PASSWORD}x@localhost/airflow", "the database refuses the login or the password"),
        (f"plain:{PASSWORD}@localhost/nothing", "the database refuses the login or the password"),
        (f"plain:{PASSWORD}@localhost/other", "has no table 'connection'"),
        (f"blind:{PASSWORD}@localhost/airflow", "the database refuses the login or the password"),
    ],
)
def test_errors_of_mariadb(mariadb: str, place: str, said: str) -> None:
    assert said in refused(f"mysql+pymysql://{place}?unix_socket={quote(mariadb, safe='')}")
