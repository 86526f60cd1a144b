"""Names without a stand-in: can a task use them?"""

from __future__ import annotations

import pytest

from airflow_compat.dags._problem import Problem
from airflow_compat.porting._file import PythonFile
from airflow_compat.porting._idle_names import IDLE, marked

IMPORT = "from airflow.models import DAG, DagModel as Model\n"


def is_idle(code: str, *, path: str = "etl.py", line: int = 1) -> bool:
    problem = Problem(path, line, "missing name", "message", reason="database")
    found = marked(problem, PythonFile(code.encode(), path))
    assert found.reason in (IDLE, "database")
    return found.reason == IDLE


@pytest.mark.parametrize(
    "code",
    [
        "dag = DAG('etl')",
        "def f(a: Model, *, b: list[Model] = []) -> Model:\n    c: Model = a\n    return c",
        "class A:\n    m: Model\n    template_fields_renderers = {'sql': Model.get()}\n    ui_color = Model.color",
    ],
)
def test_annotations_and_the_ui_are_no_use(code: str) -> None:
    assert is_idle(IMPORT + code)


@pytest.mark.parametrize(
    "code",
    [
        "def f():\n    return Model.find()",
        "def f(a=Model): ...",
        "@Model.wrap\ndef f(): ...",
        "class A(Model): ...",
        "if True:\n    for a in b:\n        c = [d for d in Model]",
        "a: int = Model",
        "__all__ = ['Model']",
        "f = lambda: Model",
        "with DAG('etl'):\n    Model()",
    ],
)
def test_other_code_is_a_use(code: str) -> None:
    assert not is_idle(IMPORT + code)


def test_packages_and_other_lines_are_not_judged() -> None:
    assert not is_idle(IMPORT, path="common/__init__.py")
    assert not is_idle(IMPORT, line=2)
    assert not is_idle("import airflow.models\n")
    # The line is inside the import.
    assert is_idle("from airflow.models import (\n    DagModel,\n    DagBag,\n)\n", line=3)
