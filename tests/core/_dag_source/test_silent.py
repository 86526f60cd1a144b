"""Every file that Airflow's safe mode accepts gets a DAG or a report."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_compat._dag_source.dags import DagFile
from airflow_compat._dag_source.files import read_files
from airflow_compat._dag_source.problems import Problem

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
        (
            "error",
            "a function or a class of another file creates this DAG; add the DAG's deployment to prefect.yaml yourself",
        )
    }
    assert file.problems[0].detail == f"{maker} from {folder}/team/factory.py"
    assert file.problems[0].line >= 2


def test_maker_imported_through_another_module(folder: Path) -> None:
    file = read(folder, "from team.wrapper import ours\nours()")
    assert [each.detail for each in file.problems] == [f"ours() from {folder}/team/wrapper.py"]


def test_maker_next_to_a_readable_dag(folder: Path) -> None:
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
def test_unknown_maker_is_reported_by_name(folder: Path, source: str, name: str) -> None:
    [problem] = read(folder, source).problems
    assert problem.level == "error"
    assert problem.message == (
        f"{name}() may create a DAG, but the source of {name}() was not found; add the DAG's deployment to "
        "prefect.yaml yourself"
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
            "Airflow loads this file, but its text shows no DAG; if Airflow lists a DAG of this file, add the DAG's "
            "deployment to prefect.yaml yourself",
            level="note",
        ),
    )


def test_file_skipped_by_airflow_has_no_report(folder: Path) -> None:
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
