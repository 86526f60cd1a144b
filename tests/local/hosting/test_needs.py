"""Which tasks of a DAG file need real Airflow."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_compat.dags._hosted.needs import names_needed
from airflow_compat.dags._loading import load_file

OPERATORS = """
from airflow.providers.acme.hooks.acme import AcmeHook
from airflow.providers.acme.operators.acme import AcmeOperator
from airflow.sdk import BaseOperator


class Sub(AcmeOperator):
    pass


class Uses(BaseOperator):
    def execute(self, context):
        return self.read()

    def read(self):
        return AcmeHook("acme")


class Plain(BaseOperator):
    def execute(self, context):
        return 1


def read():
    return AcmeHook("acme").read()
"""
DAG_FILE = """
from datetime import datetime

import operators
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, task
from operators import AcmeHook, AcmeOperator, Plain, Sub, Uses, read


def indirect():
    return read()


def inner():
    from airflow.providers.acme.hooks.other import OtherHook

    return OtherHook()


def annotated(hook: AcmeHook = None):
    return 1


with DAG("d", schedule=None, start_date=datetime(2024, 1, 1)):
    AcmeOperator(task_id="acme")
    AcmeOperator.partial(task_id="mapped").expand(x=[1, 2])
    Sub(task_id="sub")
    Uses(task_id="uses")
    Uses.partial(task_id="mapped_uses").expand_kwargs([{}])
    PythonOperator(task_id="indirect", python_callable=indirect)
    PythonOperator(task_id="inner", python_callable=inner)

    @task
    def decorated():
        return read()

    decorated()

    Plain(task_id="plain")
    BashOperator(task_id="bash", bash_command="true")
    PythonOperator(task_id="annotated", python_callable=annotated)
"""


@pytest.fixture
def needed(tmp_path: Path) -> dict[str, tuple[str, ...]]:
    (tmp_path / "operators.py").write_text(OPERATORS)
    (tmp_path / "dag.py").write_text(DAG_FILE)
    loaded = load_file(tmp_path / "dag.py")
    assert not loaded.import_errors
    return {task_id: names_needed(task) for task_id, task in loaded.dags["d"].task_dict.items()}


def test_operators_without_a_stand_in_and_code_that_uses_them_need_airflow(
    needed: dict[str, tuple[str, ...]],
) -> None:
    operator, hook = "airflow.providers.acme.operators.acme.AcmeOperator", "airflow.providers.acme.hooks.acme.AcmeHook"

    assert needed["acme"] == needed["mapped"] == needed["sub"] == (operator,)
    assert needed["uses"] == needed["mapped_uses"] == (hook,)
    assert needed["indirect"] == needed["decorated"] == (hook,)
    assert needed["inner"] == ("airflow.providers.acme.hooks.other.OtherHook",)


def test_other_tasks_need_none(needed: dict[str, tuple[str, ...]]) -> None:
    assert needed["plain"] == needed["bash"] == needed["annotated"] == ()
