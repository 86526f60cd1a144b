"""Every file that Airflow's safe mode takes for a DAG file has a DAG or a report."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_compat._airflow.dag_problems import Problem
from airflow_compat._airflow.dag_source import DagFile
from airflow_compat._sources.dag_files import read_files

FACTORY = """
from airflow.sdk import DAG, dag

class TeamDag(DAG): ...

class Factory:
    def build(self, name):
        return DAG(name)

def create(dag_id, **options):
    with DAG(dag_id, **options) as made: ...
    return made

def create_all():
    for name in ("a", "b"):
        yield create(name)

@dag
def monthly(): ...

def harmless(dag): ...
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "factory.py").write_text(FACTORY)
    (tmp_path / "team" / "wrapper.py").write_text(
        "# dag\nfrom team.factory import create\ndef ours():\n    return create('d')\n"
    )
    return tmp_path


def read(folder: Path, source: str) -> DagFile:
    (folder / "sales.py").write_text(f"# airflow dag\n{source}")
    [found] = [each for each in read_files([folder], syntax="glob") if each.place == "sales.py"]
    return found


@pytest.mark.parametrize(
    ("source", "maker"),
    [
        ("from team.factory import create\ncreate('d')", "create()"),
        ("from team.factory import create as make\ndag = make('d')", "create()"),
        ("from team import factory\nfactory.create('d')", "create()"),
        ("import team.factory\nteam.factory.create('d')", "create()"),
        ("import team.factory as f\nglobals()['x'] = f.create('d')", "create()"),
        ("from team.factory import *\ncreate('d')", "create()"),
        ("from team.factory import create_all\nfor each in create_all(): ...", "create_all()"),
        ("from team.factory import TeamDag\nwith TeamDag('d'): ...", "TeamDag()"),
        ("from team.factory import Factory\nFactory().build('d')", "Factory()"),
        ("from team.factory import monthly\nmonthly()", "monthly()"),
        ("from team.factory import create\n@create\ndef d(): ...", "create()"),
        ("from team.factory import create\n@create('d')\ndef d(): ...", "create()"),
        ("from team.factory import create\nfor x in 'ab':\n    create(x)", "create()"),
        ("from team.factory import create\ndags = [create(x) for x in 'ab']", "create()"),
    ],
)
def test_a_dag_that_another_file_makes_is_an_error(folder: Path, source: str, maker: str) -> None:
    file = read(folder, source)
    assert file.dags == ()
    assert {(each.level, each.message) for each in file.problems} == {
        ("error", "a function or a class of another file makes this DAG; write its deployment yourself")
    }
    assert file.problems[0].detail == f"{maker} from {folder}/team/factory.py"
    assert file.problems[0].line >= 2


def test_through_a_module_between_them(folder: Path) -> None:
    file = read(folder, "from team.wrapper import ours\nours()")
    assert [each.detail for each in file.problems] == [f"ours() from {folder}/team/wrapper.py"]


def test_beside_a_dag_that_is_read(folder: Path) -> None:
    file = read(folder, "from airflow.sdk import DAG\nfrom team.factory import create\nDAG('a')\ncreate('b')")
    assert [each.dag_id for each in file.dags] == ["a"]
    assert [each.line for each in file.problems] == [5]


def test_modules_that_import_each_other(folder: Path) -> None:
    (folder / "one.py").write_text("# dag\nfrom two import b\ndef a():\n    b()\n")
    (folder / "two.py").write_text("# dag\nfrom one import a\nfrom airflow import DAG\ndef b():\n    DAG('d')\n")
    assert [each.level for each in read(folder, "from one import a\na()").problems] == ["error"]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from company.dags import create_dag\ncreate_dag('d')", "company.dags.create_dag"),
        ("import dagfactory\nf = dagfactory.DagFactory('x.yaml')\nf.generate_dags(globals())", "dagfactory.DagFactory"),
        ("from cosmos import DbtDag\nDbtDag(dag_id='d')", "cosmos.DbtDag"),
        ("from dagfactory import load_yaml_dags\nload_yaml_dags(globals())", "dagfactory.load_yaml_dags"),
    ],
)
def test_a_maker_that_is_not_found_is_told_by_its_name(folder: Path, source: str, name: str) -> None:
    [problem] = read(folder, source).problems
    assert (problem.level, problem.message) == (
        "error",
        f"{name}() may make a DAG, and its source wasn't found; write its deployment yourself",
    )


@pytest.mark.parametrize(
    "source",
    [
        "",
        "from airflow.models import Variable\nX = Variable.get('x')",
        "def helper(dag): ...",
        "from airflow.sdk import BaseOperator\nclass Ours(BaseOperator): ...",
        "from team.factory import harmless\nharmless(None)",
        "from team.factory import create",
        "from airflow.api.client import trigger_dag\ntrigger_dag('d')",
        "'just a text about airflow and dags'",
        "exec(\"from airflow import DAG; DAG('d')\")",
    ],
)
def test_a_file_without_a_dag_is_a_note(folder: Path, source: str) -> None:
    file = read(folder, source)
    assert file.dags == ()
    assert file.problems == (
        Problem(
            str(folder / "sales.py"),
            "Airflow loads this file, but its text shows no DAG; if Airflow lists one, write its deployment yourself",
            level="note",
        ),
    )


def test_a_file_that_airflow_passes_over_has_no_report(folder: Path) -> None:
    (folder / "sales.py").write_text("import os\n")
    [file] = read_files([folder / "sales.py"], syntax="glob")
    assert file.problems == ()


def test_a_subdag_is_a_task_of_its_dag(folder: Path) -> None:
    source = (
        "from airflow import DAG\nfrom airflow.operators.subdag import SubDagOperator\n"
        "from team.factory import create\n"
        "with DAG('d') as dag:\n    SubDagOperator(task_id='a', subdag=create('d.a'))\n"
    )
    file = read(folder, source)
    assert [each.dag_id for each in file.dags] == ["d"]
    assert file.problems == ()
