"""`airflow-compat rewrite` and `airflow-compat explain`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from airflow_compat.cli._app import run

SOURCE = 'from airflow import DAG\nfrom airflow.models import DagBag\n\npatch("airflow.DAG")\n'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "etl.py"
    path.write_text(SOURCE)
    return path


def test_the_diff_can_be_applied(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rewrite", "etl.py"]) == 0
    said = capsys.readouterr()
    assert file.read_text() == SOURCE
    subprocess.run(["git", "apply", "-"], input=said.out, text=True, check=True)
    assert file.read_text() == SOURCE.replace("airflow import DAG", "airflow_compat.sdk import DAG", 1)
    assert said.err.splitlines()[-1] == "1 finding would be fixed in 1 file, 2 left, 1 of them with --unsafe."
    assert "etl.py:2: AC107 airflow_compat has no counterpart of airflow.models.DagBag. Replace it" in said.err


def test_files_are_written_on_demand(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rewrite", ".", "--write", "--unsafe", "--diff", "--ignore", "AC107"]) == 0
    said = capsys.readouterr()
    assert said.err == "2 findings fixed in 1 file, 0 left.\n"
    assert said.out.count("\n+") == 3
    assert 'patch("airflow_compat.sdk.DAG")' in file.read_text()


def test_findings_are_counted_by_code(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file.parent / "other.py").write_text("from airflow import DAG\n")
    assert run(["rewrite", ".", "--statistics", "--max-changes", "1"]) == 0
    said = capsys.readouterr()
    assert [line.split() for line in said.out.splitlines()] == [
        ["code", "rule", "fixed", "left"],
        ["AC101", "airflow-name", "1", "0"],
        ["AC104", "airflow-text", "0", "1"],
        ["AC107", "no-counterpart", "0", "1"],
    ]
    assert said.err.endswith("2 left, 1 of them with --unsafe, 1 file more without --max-changes.\n")


def test_json_has_the_findings(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file.parent / "broken.py").write_text("import airflow as\n")
    assert run(["rewrite", ".", "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    broken, etl = data["files"]
    assert (broken["path"], broken["diff"]) == ("broken.py", "")
    assert "can't parse the file" in broken["problem"]
    assert data["written"] is False
    assert etl["fixed"] == [
        {
            "code": "AC101",
            "path": "etl.py",
            "line": 1,
            "message": "DAG of airflow: import from airflow_compat.sdk",
            "next": "",
            "tier": "safe",
        }
    ]
    assert [each["code"] for each in etl["left"]] == ["AC104", "AC107"]


def test_uncommitted_changes_are_refused(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["git", "init"], check=True, capture_output=True)
    assert run(["rewrite", "etl.py", "--write"]) == 2
    assert "Git has uncommitted changes in etl.py. Commit them, or pass --force" in capsys.readouterr().err
    assert file.read_text() == SOURCE
    assert run(["rewrite", "etl.py", "--write", "--force"]) == 0
    assert file.read_text() != SOURCE


def test_a_rule_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "ac101"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("AC101 airflow-name (safe)\n\n")
    assert "    from airflow_compat.operators import PythonOperator  # runs Python\n" in said
    assert "](" not in said
    assert run(["explain", "AC101", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "airflow-name"
    assert run(["explain", "AC1"]) == 2
    assert "No rule or problem has the code 'AC1'" in capsys.readouterr().err


def test_a_kind_of_problem_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "AC403"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("AC403 operator or hook of a provider\n\nThe name belongs to")
    assert said.endswith("as a rule of thumb: 5-60 minutes.\n")
    assert run(["explain", "AC403", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "hosted"
