"""Run the example as in the README. Check its output, its cleanup, and that it shows no secrets."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "warehouse"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """The example's home directory and temporary directory."""
    # Not below pytest's own folder: each pytest that starts closes that to others, and under root PostgreSQL runs as
    # another user.
    with tempfile.TemporaryDirectory(prefix="example-") as path:
        yield Path(path)


@pytest.fixture(scope="module")
def output(folder: Path) -> str:
    """The output of one run."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        # A user's own settings, which the example must ignore. This address has no server.
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


def test_output_shows_progress_while_servers_start(output: str) -> None:
    assert output.startswith("Loading Prefect.")
    # Prefect's server takes longer than a second.
    assert re.search(r"^Starting a temporary Prefect server \.+ ready after \d+ s$", output, re.MULTILINE)
    assert re.search(r"^Starting a temporary PostgreSQL \.* ready after \d+ s$", output, re.MULTILINE)


def test_output_reports_the_results(output: str) -> None:
    assert "7 created." in output
    assert "*warehouse.check_planes* failed on try 2" in output
    assert "ValueError: 70 planes have no year of manufacture, 50 are allowed" in output
    assert "/runs/task-run/" in output
    for table, rows in (("airports", 1458), ("planes", 3322), ("weather", 742)):
        (line,) = [line for line in output.splitlines() if line.startswith(f"{table} ")]
        assert line.split()[1] == str(rows)
    assert "5522 rows loaded, 1 callback call(s)." in output


def test_readme_shows_the_end_of_the_output(output: str) -> None:
    readme = (EXAMPLE.parents[2] / "README.md").read_text()
    shown = readme.partition("```text\n")[2].partition("```")[0]
    assert shown.endswith("1 callback call(s).\n")
    differs = r"manual__\S+|127\.0\.0\.1:\d+|[0-9a-f-]{36}|\d+\.\d\d s"
    assert re.sub(differs, "X", shown) in re.sub(differs, "X", output)


def test_no_files_are_left(output: str, folder: Path) -> None:
    assert output
    assert list(folder.iterdir()) == []


def test_output_shows_no_secrets(output: str) -> None:
    connections = json.loads((EXAMPLE / "connections.json").read_text())
    secrets = [connection["password"] for connection in connections.values()]
    secrets += ["Heron-77-dusk", json.loads((EXAMPLE / "variables.json").read_text())["partner_api_key"]]
    assert len(secrets) == 4
    for secret in secrets:
        assert secret not in output


def test_flow_and_dag_import_the_same_callback() -> None:
    for file in ("airflow_dag.py", "flow.py"):
        imported = {
            (node.module, alias.name)
            for node in ast.walk(ast.parse((EXAMPLE / file).read_text()))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        assert ("alerts", "alert_slack") in imported
    assert "airflow_compat" not in (EXAMPLE / "alerts.py").read_text()
