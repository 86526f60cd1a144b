"""`porting.assess` and `airflow-compat assess` on a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from airflow_compat import dags, porting
from airflow_compat.cli._app import run
from airflow_compat.errors import DagFileError, RewriteError
from airflow_compat.porting import Assessment

FILES = {
    "dags/plain.py": "from airflow.sdk import DAG\nfrom common.tools import START\n"
    "from airflow.operators.bash import BashOperator\nfrom airflow.sensors.external_task import ExternalTaskSensor\n"
    "with DAG('plain', start_date=START, schedule=None):\n"
    "    ExternalTaskSensor(task_id='wait', external_dag_id='acme', external_task_id='x', pool='p')\n",
    "dags/acme.py": "from airflow.sdk import DAG, Asset\nfrom common import tools\n"
    "from airflow.providers.acme.operators.x import AcmeOperator\n"
    "with DAG('acme', schedule=[Asset('s3://a')]):\n    AcmeOperator(task_id='x', pool='p', acme_conn_id='shop')\n",
    "dags/broken.py": "from airflow.sdk import DAG\nimport common.tools\n1 / 0\n",
    "dags/old.py": "from airflow import DAG\nfrom airflow.operators.dummy_operator import DummyOperator\n"
    "from airflow.utils.dates import days_ago\nwith DAG('old', schedule_interval='@daily', start_date=days_ago(1)):\n"
    "    DummyOperator(task_id='a')\n",
    "dags/lacking.py": "from airflow.sdk import DAG\nimport no_such_package\n",
    "dags/common/__init__.py": "",
    "dags/common/tools.py": "from datetime import datetime\nfrom .more import X\nSTART = datetime(2026, 1, 1)\n",
    "dags/common/more.py": "from airflow.models import Variable\nX = 1\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def made(folder: Path) -> Assessment:
    return porting.assess("dags", server=False)


def test_each_file_has_a_verdict(made: Assessment) -> None:
    assert {file.path: (file.verdict, file.dag_ids) for file in made.files} == {
        "dags/plain.py": ("unedited", ("plain",)),
        "dags/acme.py": ("hosted", ("acme",)),
        "dags/broken.py": ("person", ()),
        "dags/old.py": ("rewrite", ("old",)),
        "dags/lacking.py": ("unknown", ()),
    }


def test_it_finds_what_the_check_finds(made: Assessment) -> None:
    found = {(problem.file, problem.line, problem.message) for problem in dags.check("dags", server=False)}
    assert {(issue.path, issue.line, issue.message) for issue in made.issues} == found
    assert len(found) == 4


def test_a_sensor_ties_files_together(made: Assessment) -> None:
    waves = {Path(file.path).stem: (file.wave, [Path(each).stem for each in file.together]) for file in made.files}
    assert waves == {
        "plain": (2, ["acme"]),
        "acme": (2, ["plain"]),
        "old": (3, []),
        "lacking": (4, []),
        "broken": (5, []),
    }
    assert made.pools == {"p": ("dags/acme.py", "dags/plain.py")}


def test_modules_are_counted_through_others(made: Assessment) -> None:
    assert {module.path: (module.dag_files, module.dags, module.uses_airflow) for module in made.modules} == {
        "common/more.py": (3, 2, True),
        "common/tools.py": (3, 2, False),
    }
    assert {Path(file.path).stem: file.shares for file in made.files if file.shares} == {
        "plain": ("pool p", "module common/more.py"),
        "acme": ("pool p", "module common/more.py"),
        "broken": ("module common/more.py",),
    }


def test_a_rewrite_repairs_a_file(made: Assessment, folder: Path) -> None:
    [file] = [each for each in made.files if each.verdict == "rewrite"]
    assert [issue.code for issue in file.issues] == ["AC418"]
    assert file.minutes == (1, 5)
    porting.rewrite(["dags"]).write(force=True)
    assert {Path(each.path).stem: each.verdict for each in porting.assess("dags", server=False).files}[
        "old"
    ] == "unedited"


def test_the_text_of_a_file_shows_problems_if_it_can_not_be_loaded(folder: Path) -> None:
    text = "from airflow.models import DagBag, DagModel\nfrom airflow.providers.acme.hooks import AcmeHook\nDagBag()\n"
    (folder / "dags" / "broken.py").write_text(f"from airflow.sdk import DAG\n{text}1 / 0\n")
    [file] = [each for each in porting.assess("dags", server=False).files if each.path == "dags/broken.py"]
    assert sorted((issue.code, issue.line) for issue in file.issues) == [("AC401", 5), ("AC403", 3), ("AC406", 2)]
    assert file.verdict == "person"


def test_names_that_no_task_uses_need_no_person(folder: Path) -> None:
    text = "from airflow.models import DagModel\n@task\ndef f(dag: DagModel): return {}\n"
    for use, expected in (("None", ("unedited", ["AC421"])), ("DagModel", ("person", ["AC406"]))):
        (folder / "dags" / "etl.py").write_text(
            f"from airflow.sdk import DAG, task\n{text.format(use)}with DAG('etl'):\n    f(None)\n"
        )
        [file] = porting.assess("dags/etl.py", server=False).files
        assert (file.verdict, [issue.code for issue in file.issues]) == expected


@pytest.mark.parametrize("step", ["raise RuntimeError('no variable') from None", "raise RuntimeError('no variable')"])
def test_a_file_that_hides_the_missing_server_is_not_broken(
    folder: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other tests of the session may have started a server.
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    text = f"try:\n    Variable.get('x')\nexcept Exception:\n    {step}\n"
    (folder / "dags" / "broken.py").write_text(f"from airflow.sdk import DAG, Variable\n{text}")
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        [file] = [each for each in porting.assess("dags", server=False).files if each.path == "dags/broken.py"]
    assert [(issue.code, issue.line) for issue in file.issues] == [("AC419", 5)]
    assert file.verdict == "unknown"


def test_what_rewrite_changes_is_counted(made: Assessment) -> None:
    assert made.rewritten == len(porting.rewrite(["dags"]).fixed)
    assert made.left == len(porting.rewrite(["dags"]).left) == 0


def test_efforts_come_from_a_file(folder: Path) -> None:
    (folder / "effort.json").write_text('{"AC403": [1000, 2000], "AC401": [0, 0], "AC415": [0, 0], "AC418": [0, 0]}')
    assert porting.assess("dags", server=False, effort="effort.json").minutes == (1000, 2000)
    for text, said in (
        ("[]", "has no minimum and maximum minutes for codes"),
        ('{"AC1": [1, 2]}', "no kind of problem has the code 'AC1'"),
    ):
        (folder / "effort.json").write_text(text)
        with pytest.raises(RewriteError, match=said):
            porting.assess("dags", server=False, effort="effort.json")
    with pytest.raises(DagFileError):
        porting.assess("nowhere", server=False)


def test_the_command_prints_tables_and_writes_reports(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assess", "dags", "--offline", "--json"]) == 0
    (folder / "old.json").write_text(capsys.readouterr().out)
    assert json.loads((folder / "old.json").read_text())["dags"] == {
        "unedited": 1,
        "hosted": 1,
        "rewrite": 1,
        "unknown": 1,
        "person": 1,
    }
    (folder / "dags" / "broken.py").unlink()
    reports = ["--html", "a.html", "--markdown", "a.md", "--baseline", "old.json"]
    assert run(["assess", "dags", "--offline", *reports]) == 0
    said = capsys.readouterr().out
    assert "run with an Airflow host" in said
    assert "AC415  module not found" in said
    line = "Since the baseline: 1 problem gone, 0 new"
    assert line in said
    assert line in (folder / "a.md").read_text()
    assert line in (folder / "a.html").read_text()
    assert run(["assess", "dags", "--offline", "--html", "none/a.html"]) == 2
    assert "none/a.html can't be written" in capsys.readouterr().err
