"""A rewritten file loads as before."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_compat import porting
from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.dags._graph_of_dag import graph_of
from airflow_compat.dags._loading import LoadedFile, load_file

HELPER = '''
"""Helpers, which derive from Airflow's classes."""
import airflow.utils.timezone as tz
from airflow import models
from airflow.hooks.base import BaseHook
from airflow.models import Variable
from airflow.utils.decorators import apply_defaults


class LoadOperator(models.BaseOperator):
    template_fields = ("table",)

    @apply_defaults
    def __init__(self, table, **kwargs):
        super().__init__(**kwargs)
        self.table = table

    def execute(self, context):
        return BaseHook, Variable.get("region")


START = tz.datetime(2026, 1, 1)
'''
DAG = """
from __future__ import annotations

from typing import TYPE_CHECKING

import airflow
from airflow.decorators import task
from airflow.operators import bash
from airflow.providers.acme.operators.run import AcmeOperator
from airflow.utils.task_group import TaskGroup
from include.helper import START, LoadOperator

try:
    from airflow.operators.empty import EmptyOperator
except ImportError:
    from airflow.operators.dummy import DummyOperator as EmptyOperator
if TYPE_CHECKING:
    from airflow.models import DagRun


@task
def count(run: DagRun | None = None) -> int:
    from airflow.operators.python import get_current_context

    return len(get_current_context())


with airflow.DAG("shop", start_date=START, schedule=None, params={"a": airflow.models.Param(1, type="integer")}):
    with TaskGroup("first"):
        start = EmptyOperator(task_id="start", trigger_rule=airflow.utils.trigger_rule.TriggerRule.ALL_DONE)
    start >> LoadOperator(task_id="load", table="t") >> bash.BashOperator(task_id="end", bash_command="true")
    count() >> AcmeOperator(task_id="acme", acme=1)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in (("dags/shop.py", DAG), ("include/helper.py", HELPER)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    return tmp_path


def load(project: Path, release: AirflowVersion) -> LoadedFile:
    loaded = load_file(project / "dags" / "shop.py", airflow_version=release)
    assert loaded.import_errors == {}
    return loaded


@pytest.mark.parametrize("release", ["2", "3"])
def test_the_graph_is_the_same(project: Path, release: AirflowVersion) -> None:
    before = load(project, release)
    made = porting.rewrite([project])
    made.write()
    assert len(made.changed) == 2
    after = load(project, release)
    assert graph_of(after.dags["shop"]) == graph_of(before.dags["shop"])
    assert after.missing_operators[0].name == "airflow.providers.acme.operators.run.AcmeOperator"
    assert [each.name for each in after.missing] == [each.name for each in before.missing]
    for task_id, task in after.dags["shop"].task_dict.items():
        assert task.task_type == before.dags["shop"].task_dict[task_id].task_type
    # What is left says why.
    text = (project / "dags" / "shop.py").read_text()
    assert [line for line in text.splitlines() if "airflow." in line] == ["    from airflow.models import DagRun"]
    assert [each.code for each in made.left] == ["AC107"]
    assert porting.rewrite([project]).changed == ()


@pytest.mark.parametrize("release", ["2", "3"])
def test_names_that_differ_between_releases_follow_the_load(tmp_path: Path, release: AirflowVersion) -> None:
    path = tmp_path / "dags" / "etl.py"
    path.parent.mkdir()
    path.write_text(
        "from airflow import DAG\nfrom airflow.configuration import conf\nfrom airflow.models import Variable\n"
        "from airflow.operators.python import get_current_context\nfrom airflow.version import version\n"
        "from airflow.settings import DAGS_FOLDER\nfrom airflow.utils.module_loading import import_string\n"
        "dag = DAG('etl', schedule=None, doc_md=f'{version} {DAGS_FOLDER}', tags=[import_string('etl_helper.TAG')])\n"
        "dag.kept = Variable, conf, get_current_context\n"
    )
    (tmp_path / "dags" / "etl_helper.py").write_text("TAG = 'x'\n")
    before = load_file(path, airflow_version=release).dags["etl"]
    porting.rewrite([path]).write()
    assert "from airflow." not in path.read_text()
    after = load_file(path, airflow_version=release).dags["etl"]
    assert after.doc_md == before.doc_md == f"{'2.11.0' if release == '2' else '3.3.2'} {path.parent}"
    assert after.tags == before.tags
    assert after.kept[0] is before.kept[0]
    assert after.kept[1].get("core", "dags_folder") == str(path.parent)
    assert after.kept[2].keywords == before.kept[2].keywords == {"airflow_version": release}
