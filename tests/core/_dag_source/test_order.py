"""Names are resolved by the order of execution, in functions and classes too."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_compat._dag_source.dags import DagFile, read_dag_source
from airflow_compat._dag_source.values import RuntimeValue

HEAD = "import os\nfrom airflow.sdk import DAG, dag\n"


def read(source: str) -> DagFile:
    return read_dag_source((HEAD + source).encode(), "dags/sales.py")


def schedule(source: str) -> Any:
    file = read(source)
    assert [each for each in file.problems if each.level == "error"] == []
    [found] = file.dags
    return found.arguments["schedule"]


@pytest.mark.parametrize(
    "source",
    [
        "@dag\ndef d(): ...\ndag = d()",
        "@dag(schedule=None)\ndef d(): ...\ndag = d()\ndag.doc_md = 'x'",
        "with DAG('d') as dag: ...\nDAG = dag",
        "def make():\n    @dag\n    def d(): ...\n    return d()\ndag = make()",
        "def make():\n    return DAG('d')\nDAG = make()",
        "class Team:\n    with DAG('d') as dag: ...\nDAG = None",
        "def make():\n    return DAG('d')\ndef all_of_them():\n    return make()\nDAG = all_of_them()",
        "if os.environ:\n    dag_of_it = 1\nelse:\n    dag_of_it = 2\n@dag\ndef d(): ...\nfor dag in [d()]: ...",
    ],
)
def test_name_rebound_later_still_makes_its_dag(source: str) -> None:
    assert [each.dag_id for each in read(source).dags] == ["d"]


@pytest.mark.parametrize(
    "source",
    [
        "dag = lambda f: f\n@dag\ndef d(): ...\nd()",
        "DAG = dict\nDAG('d')",
        "from ours import DAG\nDAG('d')",
        "def make():\n    return DAG('d')\nDAG = dict\nmake()",
        "def DAG(name): ...\nDAG('d')",
        "class Team:\n    DAG = dict\n    DAG('d')",
    ],
)
def test_name_rebound_before_makes_no_dag(source: str) -> None:
    file = read(source)
    assert file.dags == ()
    [problem] = file.problems
    assert "its text shows no DAG" in problem.message or "isn't Airflow's own DAG" in problem.message


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 'a'\ndef f():\n    DAG('d', schedule=x)\nx = 'b'\nf()", "b"),
        ("x = 'a'\ndef f():\n    DAG('d', schedule=x)\nf()\nx = 'b'", "a"),
        ("x = 'a'\ndef f():\n    DAG('d', schedule=x)\nx = 'b'", "b"),
        ("x = 'a'\ndef f():\n    DAG('d', schedule=x)\ndef g():\n    f()\ng()\nx = 'b'", "a"),
        ("x = 'a'\nclass C:\n    x = 'b'\n    def f(self):\n        DAG('d', schedule=x)", "a"),
        ("x = 'a'\nclass C:\n    DAG('d', schedule=x)\nx = 'b'", "a"),
        ("class C:\n    x = 'a'\n    DAG('d', schedule=x)", "a"),
        ("if os.environ:\n    x = 'a'\nx = 'b'\nDAG('d', schedule=x)", "b"),
        ("if os.environ:\n    x = {'a': 'b'}\nelse:\n    x = {'a': 'b'}\nDAG('d', schedule='@daily')", "@daily"),
    ],
)
def test_value_is_that_at_the_time_of_use(source: str, expected: str) -> None:
    assert schedule(source) == expected


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("x = 'a'\ndef f():\n    DAG('d', schedule=x)\nf()\nx = 'b'\nf()", "x is set more than once"),
        ("x = 'a'\nif os.environ:\n    x = 'b'\nDAG('d', schedule=x)", "x is set under a condition"),
    ],
)
def test_value_that_depends_on_time_is_not_guessed(source: str, why: str) -> None:
    found = schedule(source)
    assert isinstance(found, RuntimeValue)
    assert found.why == why


@pytest.mark.parametrize("parameters", ["x", "x, /", "*, x", "*x", "**x", "y, *, x=None"])
def test_a_parameter_hides_the_name_of_the_file(parameters: str) -> None:
    found = schedule(f"x = '@daily'\ndef make({parameters}):\n    return DAG('d', schedule=x)\nmake()")
    assert isinstance(found, RuntimeValue)
    assert found.why == "x is a parameter of make()"
