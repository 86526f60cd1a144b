"""A metadata database that Airflow made, read by ours: the tables and the encryption are its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from real_airflow import MAJOR

from airflow_compat._airflow.exports import parse_export
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat.importing._sources.registry import read_sources

cryptography = pytest.importorskip("cryptography.fernet", reason="comes with Airflow")

# In a process of its own, which has the key and the database from its start.
_FILL = """
from airflow.models import Connection, Pool, Variable
from airflow.settings import Session

session = Session()
session.add(Connection("pg", "postgres", "a description", "h", "u", "quartz-Tern-41", "db", 5432, '{"a": {"b": 1}}'))
session.add(Connection("bare", "generic"))
session.add(Connection("uri", uri="http://u:p%40@h.example:80/https?n=5"))
session.add(Variable("region", "north", "where"))
session.add(Variable("config", '{"a": 1}'))
session.add(Pool(pool="warehouse", slots=3, description="", include_deferred=True))
session.commit()
"""


def _airflow(environ: dict[str, str], *command: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", *command],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert ended.returncode == 0, ended.stderr[-4000:]


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of an Airflow that has a database and a key."""
    home = tmp_path_factory.mktemp("airflow")
    environ = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
        "AIRFLOW__CORE__FERNET_KEY": cryptography.Fernet.generate_key().decode(),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }
    _airflow(environ, "-m", "airflow", "db", "migrate")
    _airflow(environ, "-c", _FILL)
    return environ


def test_the_database_is_read_as_its_own_export_is(environ: dict[str, str], tmp_path: Path) -> None:
    export = read_sources([environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]], environ)
    assert export.problems == ()
    for kind in ("connections", "pools"):
        file = tmp_path / f"{kind}.json"
        _airflow(environ, "-m", "airflow", kind, "export", str(file))
        theirs = getattr(parse_export(file.read_bytes(), file.name), kind)
        assert sorted(getattr(export, kind), key=repr) == sorted(theirs, key=repr)
    passwords = {connection.conn_id: connection.password for connection in export.connections}
    assert passwords == {"bare": None, "pg": "quartz-Tern-41", "uri": "p@"}
    n = {connection.conn_id: connection.extra_dejson.get("n") for connection in export.connections}["uri"]
    assert n == ("5" if MAJOR == "2" else 5)


def test_variables_are_the_text_that_airflow_keeps(environ: dict[str, str]) -> None:
    export = read_sources([environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]], environ)
    assert {record.key: record for record in export.variables} == {
        "config": VariableRecord("config", '{"a": 1}'),
        "region": VariableRecord("region", "north", "where"),
    }


def test_another_key_is_a_problem_of_each_encrypted_entry(environ: dict[str, str]) -> None:
    other = {**environ, "AIRFLOW__CORE__FERNET_KEY": cryptography.Fernet.generate_key().decode()}
    export = read_sources([environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]], other)
    assert {problem.id for problem in export.problems} == {"pg", "uri", "config", "region"}
    assert [connection.conn_id for connection in export.connections] == ["bare"]


def test_a_rotated_key(environ: dict[str, str]) -> None:
    """`airflow rotate-fernet-key` is run with the new key before the old one; until then both are needed."""
    keys = f"{cryptography.Fernet.generate_key().decode()},{environ['AIRFLOW__CORE__FERNET_KEY']}"
    rotated = {**environ, "AIRFLOW__CORE__FERNET_KEY": keys}
    url = environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    assert read_sources([url], rotated) == read_sources([url], environ)
