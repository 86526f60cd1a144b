"""The entrypoint in `airflow-compat doctor ENTRYPOINT`: how its flow is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from prefect import task
from prefect.settings import PREFECT_API_URL

from airflow_compat.cli._app import run
from airflow_compat.doctor import check_flow
from airflow_compat.errors import DagFileError

SECRET = "quartz-Tern-41"
FLOW = "from prefect import flow\n\n@flow\ndef etl(): print('it runs')\n"


@pytest.mark.parametrize(
    ("source", "name", "message"),
    [
        (None, "etl", "does not exist"),
        ("def etl(): ...", "etl", "etl is missing or is not a flow"),
        ("import nonsense_module", "etl", "ModuleNotFoundError: No module named 'nonsense_module'"),
        (f"raise ValueError('{SECRET}')", "etl", "the module raises ValueError;"),
        (f"{FLOW}\netl()\n", "etl", "the module runs a flow when it is imported. Put the call under `if __name__"),
    ],
)
def test_unusable_entrypoint_is_one_line(
    tmp_path: Path, source: str | None, name: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "broken.py"
    if source is not None:
        path.write_text(source)
    assert run(["doctor", f"{path}:{name}"]) == 2
    error = capfd.readouterr().err
    assert message in error
    assert SECRET not in error
    assert "it runs" not in error
    assert error.count("\n") == 1


def test_entrypoint_without_a_flow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "odd_flows.py").write_text("raise ValueError")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert run(["doctor", "odd_flows.py"]) == 2
    assert "add the flow's name, such as odd_flows.py:etl" in capfd.readouterr().err
    assert run(["doctor", "odd_flows.etl"]) == 2
    assert "run `python -m odd_flows` to see the traceback" in capfd.readouterr().err


def test_relative_entrypoint_with_a_module_beside_it(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("import airflow_compat as ac\n\ndef read(): ac.get_connection('b')\n")
    (tmp_path / "flows.py").write_text("import beside\nfrom prefect import flow\n\n@flow\ndef etl(): beside.read()\n")
    ended = subprocess.run(
        [sys.executable, "-m", "airflow_compat.cli", "doctor", "flows.py:etl"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONSAFEPATH": "1", "PREFECT_API_URL": PREFECT_API_URL.value() or ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "used by beside.py:3" in ended.stdout


def test_virtual_environment_beside_the_flow_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / ".venv/lib/python3/site-packages/installed_library"
    library.mkdir(parents=True)
    (library / "__init__.py").write_text("import airflow_compat as ac\n\ndef read(): ac.get_connection('of-library')\n")
    (tmp_path / "flows.py").write_text(
        "import installed_library\nfrom prefect import flow\n\n@flow\ndef etl(): installed_library.read()\n"
    )
    monkeypatch.syspath_prepend(str(library.parent))
    assert {check.subject for check in check_flow(f"{tmp_path / 'flows.py'}:etl")} == {"server", "result storage"}


@pytest.mark.parametrize("given", [3, len, task(run)])
def test_only_a_flow_is_checked(given: Any) -> None:
    with pytest.raises(DagFileError, match="pass a function with @flow"):
        check_flow(given)
