"""A user's failing test prints no password, even with all of pytest's output options."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PASSWORD = "quartz-Tern-41"
EXTRA = "kestrel-Moor-9"

# The secrets come from the environment, so that the source lines that pytest prints don't hold them.
_FAILING = """
import os
import pytest
from prefect import flow, task
from airflow_compat import AirflowConnection, Connection, get_connection, importing, load_block

def uri():
    return f"postgres://u:{os.environ['T_PASSWORD']}@h/db?private_key={os.environ['T_EXTRA']}"

def test_a_uri_that_is_refused():
    Connection.from_uri(uri().replace("@h", "@h:port"))

def test_a_uri_with_a_broken_host():
    Connection.from_uri(uri().replace("@h", "@[h"))

def test_json_that_is_refused():
    Connection.from_json({"password": os.environ["T_PASSWORD"], "port": os.environ["T_EXTRA"]})

def test_half_json():
    Connection.from_json('{"password": "%s", ' % os.environ["T_PASSWORD"])

def test_connections_that_differ():
    one, other = Connection.from_uri(uri()), Connection.from_uri(uri(), "other")
    assert one == other

def test_lists_that_differ():
    assert [Connection.from_uri(uri())] == [Connection.from_uri(uri(), "other")]

def test_the_environment():
    get_connection("t_env")

def test_a_block_that_differs():
    block = load_block("t_saved")
    connection = get_connection("t_saved")
    assert block.as_connection() == connection and block.port == 1

def test_an_import(tmp_path):
    (tmp_path / "connections.json").write_text(
        '{"t_saved": {"conn_type": "sftp", "password": "%s", "host": "other"}}' % os.environ["T_PASSWORD"]
    )
    items = importing.plan(importing.read(tmp_path / "connections.json"))
    outcomes = importing.apply(items)
    assert outcomes == items

def test_a_flow():
    @task
    def load(connection):
        raise ValueError(f"can't load with {connection}")

    @flow
    def etl():
        load(get_connection("t_saved"))

    etl()
"""


def test_a_failing_test_shows_no_secret(tmp_path: Path) -> None:
    from airflow_compat import AirflowConnection

    AirflowConnection(conn_id="t_saved", conn_type="sftp", password=PASSWORD, extra=f'{{"k": "{EXTRA}"}}').save(
        "t-saved"
    )
    test = tmp_path / "test_failing.py"
    test.write_text(_FAILING)
    environment = {
        **os.environ,
        "T_PASSWORD": PASSWORD,
        "T_EXTRA": EXTRA,
        "AIRFLOW_CONN_T_ENV": f"postgres://u:{PASSWORD}@h:port/db",
    }
    for style in (["--showlocals", "--tb=long", "-vv"], ["--tb=auto"], ["--tb=native", "--full-trace"]):
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", *style, str(test)],
            env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip
        output = ended.stdout + ended.stderr
        assert "10 failed" in output, output
        for secret in (PASSWORD, EXTRA):
            lines = [line for line in output.splitlines() if secret in line]
            assert not lines, lines
