"""The host, its environment and its settings."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from airflow_compat.errors import HostError, InvalidArgumentError
from airflow_compat.hosting import AirflowHost
from airflow_compat.hosting._settings import host_of


def test_a_host_can_be_sent_to_another_process() -> None:
    host = AirflowHost("/opt/airflow/bin/python", dags_folder="/opt/dags", env={"A": "1"})

    assert pickle.loads(pickle.dumps(host)) == host
    assert {host: 1}[AirflowHost("/opt/airflow/bin/python", dags_folder="/opt/dags", env={"A": "1"})] == 1


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="python is empty"):
        AirflowHost("")
    with pytest.raises(InvalidArgumentError, match=r"env\['A'\] is not text"):
        AirflowHost("python", env={"A": 1})  # type: ignore[dict-item]


def test_the_processes_get_no_secrets_of_the_run_and_no_database() -> None:
    own = {
        "PATH": "/bin",
        "PREFECT_API_KEY": "secret",
        "AIRFLOW_CONN_SHOP": "secret",
        "AIRFLOW_VAR_TOKEN": "secret",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://secret",
        "AIRFLOW__CORE__SQL_ALCHEMY_CONN_CMD": "secret",
        "AIRFLOW__SECRETS__BACKEND_KWARGS": "secret",
        "AIRFLOW__CORE__DAGS_FOLDER": "/dags",
        "PYTHONPATH": "/run",
        "AIRFLOW_HOME": "/no/such/folder",
    }
    found = AirflowHost("python", env={"EXTRA": "1", "PYTHONPATH": "/host"}).environment(own)

    assert "secret" not in str(found)
    assert found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == "sqlite://"
    assert (found["PATH"], found["EXTRA"], found["PYTHONPATH"]) == ("/bin", "1", "/host")
    assert found["AIRFLOW__CORE__DAGS_FOLDER"] == "/dags"
    # Airflow 2 would write a file.
    assert found["AIRFLOW_CONFIG"] == "/dev/null"


def test_the_configuration_of_the_host_is_used(tmp_path: Path) -> None:
    (tmp_path / "airflow.cfg").touch()

    assert "AIRFLOW_CONFIG" not in AirflowHost("python").environment({"AIRFLOW_HOME": str(tmp_path)})


def test_dag_files_may_lie_elsewhere_in_the_host() -> None:
    assert AirflowHost("python").file_of("/dags/team/etl.py", "/dags") == "/dags/team/etl.py"
    assert AirflowHost("python", "/opt/dags").file_of("/dags/team/etl.py", "/dags") == "/opt/dags/team/etl.py"


def test_the_environment_names_a_host(tmp_path: Path) -> None:
    found = host_of({"AIRFLOW_COMPAT_HOST": "/a/python", "AIRFLOW_COMPAT_HOST_DAGS_FOLDER": "/dags"}, tmp_path)

    assert found == AirflowHost("/a/python", "/dags")
    assert host_of({}, tmp_path) is None


def test_the_project_names_a_host(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.airflow_compat.host]\npython = ".airflow/bin/python"\nenv = { AIRFLOW_HOME = "/srv" }\n'
    )
    (tmp_path / "flows").mkdir()

    found = host_of({}, tmp_path / "flows")

    assert found == AirflowHost(str(tmp_path / ".airflow/bin/python"), env={"AIRFLOW_HOME": "/srv"})


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[tool.airflow_compat.host]\npython = 'p'\nfolder = 'x'\n", "unknown folder"),
        ("[tool.airflow_compat.host]\ndags_folder = 'x'\n", "`python` is missing"),
        ("[tool.airflow_compat]\nhost = 'x'\n", ": the value is not a table. Set"),
        ("[tool", "can't be read"),
    ],
)
def test_wrong_settings_are_refused(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)

    with pytest.raises(HostError, match=what):
        host_of({}, tmp_path)
