"""The example, run as the README says: what it prints, what it leaves behind, and that no secret shows."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "warehouse"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """The example's home, and its place for temporary files."""
    # Not below pytest's own folder: each pytest that starts closes that to others, and under root PostgreSQL runs as
    # another user.
    with tempfile.TemporaryDirectory(prefix="example-") as path:
        yield Path(path)


@pytest.fixture(scope="module")
def output(folder: Path) -> str:
    """What one run prints."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        # What a user may have configured, and the example must not touch: nothing listens there.
        "PREFECT_API_URL": "http://127.0.0.1:9/api",
        "PREFECT_LOGGING_LEVEL": "DEBUG",
        "AIRFLOW_CONN_WAREHOUSE_DB": "postgres://wrong.example/wrong",
    }
    ended = subprocess.run(
        [sys.executable, str(EXAMPLE / "flow.py")],
        env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def test_it_says_what_it_did(output: str) -> None:
    assert "7 created." in output
    assert "*warehouse.check_planes* failed on try 2" in output
    assert "ValueError: 70 planes have no year of manufacture, 50 are allowed" in output
    assert "/runs/task-run/" in output
    for table, rows in (("airports", 1458), ("planes", 3322), ("weather", 742)):
        (line,) = [line for line in output.splitlines() if line.startswith(f"{table} ")]
        assert line.split()[1] == str(rows)
    assert "5522 rows loaded, 1 callback call(s)." in output


def test_it_leaves_nothing_behind(output: str, folder: Path) -> None:
    assert output
    assert list(folder.iterdir()) == []


def test_no_secret_of_its_exports_shows(output: str) -> None:
    connections = json.loads((EXAMPLE / "connections.json").read_text())
    secrets = [connection["password"] for connection in connections.values()]
    secrets += ["Heron-77-dusk", json.loads((EXAMPLE / "variables.json").read_text())["partner_api_key"]]
    assert len(secrets) == 4
    for secret in secrets:
        assert secret not in output


def test_the_callback_is_the_one_that_the_dag_imports() -> None:
    for file in ("airflow_dag.py", "flow.py"):
        imported = {
            (node.module, alias.name)
            for node in ast.walk(ast.parse((EXAMPLE / file).read_text()))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        assert ("alerts", "alert_slack") in imported
    assert "airflow_compat" not in (EXAMPLE / "alerts.py").read_text()
