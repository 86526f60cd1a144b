"""Read DAGs from the text of their files: known values, and reasons for unknown ones."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from airflow_compat._dag_source.dags import DagFile, DagSource, Problem, read_dag_source
from airflow_compat._dag_source.values import AirflowCall, PastMoment, RuntimeValue

HEAD = """
import os, pendulum
from datetime import datetime, timedelta, timezone
from pathlib import Path
from airflow import DAG
from airflow.sdk import Asset, Param, Variable, asset, dag
from airflow.utils.dates import days_ago
from airflow.timetables.trigger import CronTriggerTimetable as Cron
from common import shared, SCHEDULE
"""


def read(source: str, *, head: str = HEAD) -> DagFile:
    return read_dag_source((head + source).encode(), "dags/sales.py", full_path="/opt/dags/sales.py")


def only(source: str, *, head: str = HEAD) -> DagSource:
    """Return the only DAG of a file without problems."""
    file = read(source, head=head)
    assert [str(problem) for problem in file.problems if problem.level == "error"] == []
    [found] = file.dags
    return found


def value(expression: str, before: str = "") -> Any:
    """Return the value of an expression as a DAG's argument."""
    return only(f"{before}\nDAG('d', schedule={expression})").arguments["schedule"]


def why(expression: str, before: str = "") -> str:
    """Return why an expression is unknown."""
    found = value(expression, before)
    assert isinstance(found, RuntimeValue), found
    return found.why


@pytest.mark.parametrize(
    ("head", "made"),
    [
        ("from airflow import DAG", "DAG('d')"),
        ("from airflow import DAG as Graph", "Graph(dag_id='d')"),
        ("import airflow", "airflow.DAG('d')"),
        ("import airflow.models as m", "m.DAG('d')"),
        ("import airflow.models.dag", "airflow.models.dag.DAG('d')"),
        ("from airflow.models import *", "DAG('d')"),
        ("try:\n    from airflow.sdk import DAG\nexcept ImportError:\n    from airflow import DAG", "DAG('d')"),
        ("from airflow import DAG", "with DAG('d') as dag:\n    pass"),
        ("from airflow import DAG", "with open('x'), DAG('d'):\n    pass"),
        ("from airflow import DAG", "dags = [DAG('d')]"),
        ("from airflow import DAG", "globals()['d'] = DAG('d')"),
        ("from airflow import DAG", "def make():\n    with DAG('d') as dag:\n        return dag\nmake()"),
        ("from airflow.sdk import dag", "@dag\ndef d(): ...\nd()"),
        ("from airflow.sdk import dag", "@dag(schedule=None)\ndef d(): ...\nmade = d()"),
        ("from airflow.decorators import dag as g", "@g('d')\ndef f(): ...\nf()"),
        ("from airflow import sdk", "@sdk.dag(dag_id='d')\ndef f(): ...\nf()"),
        ("from airflow.sdk import asset", "@asset(schedule=None)\ndef d(): ..."),
        ("from airflow.sdk import Asset, asset", "@asset.multi(schedule=None, outlets=[Asset('x')])\ndef d(): ..."),
    ],
)
def test_every_way_to_make_a_dag(head: str, made: str) -> None:
    assert only(f"{head}\n{made}\n", head="").dag_id == "d"


def test_several_in_one_file_with_their_lines() -> None:
    file = read(
        "\nwith DAG('a'): ...\nb = DAG('b')\n@dag\ndef c(): ...\nc()\n", head="from airflow.sdk import DAG, dag"
    )
    assert [(each.dag_id, each.line) for each in file.dags] == [("a", 2), ("b", 3), ("c", 4)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("None", None),
        ("'@daily'", "@daily"),
        ("'0 2' ' * * *'", "0 2 * * *"),
        ("'0 2' + ' * * *'", "0 2 * * *"),
        ("f'0 {1 + 1} * * *'", "0 2 * * *"),
        ("'{} * * * *'.format(5)", "5 * * * *"),
        ("' x '.strip().upper()", "X"),
        ("timedelta(hours=4)", timedelta(hours=4)),
        ("2 * timedelta(minutes=-30)", timedelta(hours=-1)),
        ("timedelta(days=1) / 2", timedelta(hours=12)),
        ("datetime(2024, 1, 2)", datetime(2024, 1, 2)),  # noqa: DTZ001
        ("datetime(2024, 1, 2, tzinfo=timezone.utc)", datetime(2024, 1, 2, tzinfo=timezone.utc)),
        ("pendulum.datetime(2024, 1, 2)", datetime(2024, 1, 2, tzinfo=timezone.utc)),
        ("pendulum.datetime(2024, 1, 2, tz='Europe/Berlin')", datetime(2024, 1, 2, tzinfo=ZoneInfo("Europe/Berlin"))),
        ("pendulum.datetime(2024, 1, 2).add(days=1)", datetime(2024, 1, 3, tzinfo=timezone.utc)),
        ("datetime.strptime('2024-01-02', '%Y-%m-%d')", datetime(2024, 1, 2)),  # noqa: DTZ001
        ("days_ago(2)", PastMoment(2)),
        ("days_ago(0)", PastMoment(0)),
        ("pendulum.datetime(2024, 1, 2).subtract(hours=1)", datetime(2024, 1, 1, 23, tzinfo=timezone.utc)),
        ("pendulum.today('UTC').add(days=-3)", PastMoment(3)),
        ("pendulum.today('UTC').subtract(weeks=1)", PastMoment(7)),
        ("Path(__file__).stem", "sales"),
        ("Path(__file__).resolve().parent.name", "dags"),
        ("os.path.basename(__file__).replace('.py', '')", "sales"),
        ("os.path.basename('a/b.sql')", "b.sql"),
        (r"os.path.basename('C:\\dags\\b.sql')", "b.sql"),
        ("os.path.splitext(os.path.basename(__file__))[0]", "sales"),
        ("[1, *(2, 3)]", [1, 2, 3]),
        ("{'a': 1, **{'b': 2}}", {"a": 1, "b": 2}),
        ("dict({'a': 1}, b=2)", {"a": 1, "b": 2}),
        ("{'a': 1} | {'a': 2}", {"a": 2}),
        ("{'a': [1, {'b': 'x'}]}['a'][1]['b']", "x"),
        ("{'a': 1}.get('b', 7)", 7),
        ("'a-b-c'.split('-')[:2]", ["a", "b"]),
        ("not True", False),
        ("shared if False else 'x'", "x"),
        ("'a' if 'prod' == 'prod' else shared", "a"),
        ("'a' if 'prod' != 'prod' else 'b'", "b"),
        ("None or '' or 'a'", "a"),
        ("1 and 'a'", "a"),
        ("pendulum.yesterday()", PastMoment(1)),
        ("pendulum.now('Europe/London').subtract(days=1)", PastMoment(1, "Europe/London", is_day=False)),
        ("datetime.utcnow() - timedelta(days=2)", PastMoment(2, is_day=False)),
        ("datetime.now()", PastMoment(0, "", is_day=False)),
    ],
)
def test_values_of_expressions(expression: str, expected: Any) -> None:
    assert value(expression) == expected


def test_calls_of_airflows_classes_stay_calls_under_their_own_names() -> None:
    found = value("Cron('0 1 * * *', timezone='UTC')")
    assert isinstance(found, AirflowCall)
    assert (found.name, found.argument(0, "cron"), found.argument(1, "timezone")) == (
        *("CronTriggerTimetable", "0 1 * * *"),
        "UTC",
    )
    expression = "(Asset('a') | Asset(uri='b', extra={'x': shared})) & ours"
    file = read(f"@asset(schedule=None)\ndef ours(): ...\nDAG('d', schedule={expression})")
    both = file.dags[1].arguments["schedule"]
    assert (both.name, [each.name for each in both.arguments]) == ("AssetAll", ["AssetAny", "Asset"])


@pytest.mark.parametrize(
    ("decorator", "named"),
    [("@asset(schedule=None)", "ours"), ("@asset", "ours"), ("@asset(schedule=None, name='theirs')", "theirs")],
)
def test_a_function_under_asset_is_the_asset(decorator: str, named: str) -> None:
    found = read(f"{decorator}\ndef ours(): ...\nDAG('d', schedule=[ours])").dags[-1].arguments["schedule"]
    assert [(each.name, dict(each.keywords)) for each in found] == [("Asset", {"name": named})]


@pytest.mark.parametrize(
    ("expression", "before", "expected"),
    [
        ("Variable.get('x')", "", "reads an Airflow Variable"),
        ("Variable.get('x', '@daily')", "", "reads an Airflow Variable"),
        ("os.environ['X']", "", "reads the environment"),
        ("os.environ.get('X', '@daily')", "", "reads the environment"),
        ("os.getenv('X')", "", "reads the environment"),
        ("open('x').read()", "", "reads a file"),
        ("os.path.abspath(os.getenv('X'))", "", "reads the environment"),
        ("SCHEDULE", "", "is common.SCHEDULE, which is not in the DAG files"),
        ("shared()", "", "calls common.shared()"),
        ("[shared]", "", ""),
        ("datetime.fromtimestamp(0)", "", "calls datetime.datetime.fromtimestamp()"),
        ("datetime.now() - timedelta(hours=1)", "", "is computed"),
        ("'a' if os.getenv('X') else 'b'", "", "depends on a condition"),
        ("os.getenv('X') or 'b'", "", "reads the environment"),
        ("nothing", "", "nothing isn't set in this file"),
        ("x", "x = 1\nx += 1", "x is changed after it is set"),
        ("x", "for x in [1]: ...", "x is a loop variable"),
        ("x", "if shared:\n    x = 1\nelse:\n    x = 2", "x is set under a condition"),
        ("x", "x = 1\nif shared:\n    x = 2", "x is set under a condition"),
        ("x", "try:\n    x = 1\nexcept Exception:\n    pass", "x is set under a condition"),
        ("x", "x = {}\nx['a'] = 1", "x is changed after it is set"),
        ("x", "x = []\nx.append(1)", "x is changed after it is set"),
        ("x", "x = []\ny = x\ny.append(1)", "x is changed after it is set"),
        ("x", "x = {}\ndef f():\n    x.update(a=1)\nf()", "x is changed after it is set"),
        ("x", "x = 1\ndef f():\n    global x\n    x = 2", "x is set under a condition"),
        ("x", "def x(): ...", "x is a function"),
        ("x", "def f():\n    x = 1", "x isn't set in this file"),
        ("[y for y in (1, 2)]", "", "is built by a loop"),
        ("1 < 2", "", "is a comparison"),
        ("lambda: 1", "", "is a lambda"),
        ("f'{datetime(2024, 1, 1)}'", "", "formats a value"),
        ("'{}{}'.format('x')", "", "formats a value"),
        ("'x' * 3", "", "is computed"),
        ("{'a': 1} + {'b': 2}", "", "is computed"),
        ("{'a': 1} | [('b', 2)]", "", "is computed"),
        ("2 * {'a': 1}", "", "is computed"),
        ("1 / 0", "", "is computed"),
        ("'a'[5]", "", "reads a missing or unknown part"),
    ],
)
def test_computed_values_are_reported_and_not_guessed(expression: str, before: str, expected: str) -> None:
    found = value(expression, before)
    if expected:
        assert isinstance(found, RuntimeValue), found
        assert found.why == expected
    else:
        assert isinstance(found[0], RuntimeValue)


def test_value_of_name_at_its_use() -> None:
    source = "x = 'a'\nDAG('one', schedule=x)\nx = 'b'\nDAG('two', schedule=x)\n"
    assert [each.arguments["schedule"] for each in read(source).dags] == ["a", "b"]


def test_unpacked_arguments() -> None:
    source = (
        "config = dict(schedule='@daily', catchup=False)\nDAG('d', **config, tags=['a'], default_args={'retries': 2})"
    )
    found = only(source)
    assert found.arguments == {"schedule": "@daily", "catchup": False, "tags": ["a"], "default_args": {"retries": 2}}
    unknown = only("DAG('d', tags=['a'], **shared)")
    assert unknown.arguments == {"tags": ["a"]}
    assert isinstance(unknown.get("schedule"), RuntimeValue)
    assert unknown.get("tags") == ["a"]


def test_positional_arguments_of_airflow_2() -> None:
    found = only("DAG('d', 'what it does', '@daily')")
    assert found.arguments == {"description": "what it does", "schedule": "@daily"}


def test_attributes_set_on_dag_later() -> None:
    source = (
        '"""The docs."""\n' + HEAD + "with DAG('d') as dag:\n    dag.doc_md = __doc__\ndag = 5\ndag.tags = ['no']\n"
    )
    assert only(source, head="").arguments == {"doc_md": "The docs."}


def test_a_decorated_functions_parameters_are_the_dags() -> None:
    source = (
        "@dag(params={'a': 1, 'c': 3})\n"
        "def d(a: int, b=Param(2, type='integer'), *, e=None):\n    'What it does.'\n"
        "d(5)\n"
    )
    found = only(source)
    assert found.arguments["doc_md"] == "What it does."
    params = found.arguments["params"]
    assert (params["a"], params["c"], params["e"]) == (5, 3, None)
    assert params["b"].keywords == {"type": "integer"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "for name in ['a', 'b']:\n    DAG(f'dag_{name}')",
            "a DAG's dag_id is unknown; add the DAG's deployment to prefect.yaml yourself (it name is a loop variable)",
        ),
        ("[DAG(f'dag_{x}') for x in 'ab']", "x differs in each iteration of a loop"),
        ("def make(name):\n    return DAG(name)\nmake('a')", "name is a parameter of make()"),
        ("DAG()", "a DAG's dag_id is unknown; add the DAG's deployment to prefect.yaml yourself (it isn't given)"),
        ("DAG(**shared)", "may be among unpacked arguments"),
        ("DAG(*shared)", "the DAG's positional arguments are unpacked"),
        ("DAG('a b')", "Airflow refuses the dag_id"),
        ("@dag\ndef d(): ...", "d() is never called here"),
        ("@dag\ndef d(a): ...\nd(*shared)", "called with unpacked arguments"),
        ("class Ours(DAG): ...\nOurs('d')", "Ours is a subclass of DAG"),
        (
            "DAG('d')\nDAG('d')",
            "only the first DAG is written; rename one of the DAGs (the first DAG is at",
        ),
    ],
)
def test_unreadable_dag_is_a_problem(source: str, message: str) -> None:
    file = read(source)
    [problem] = file.problems
    assert message in str(problem)
    assert problem.line >= 10


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("if shared:\n    DAG('d')", "created under a condition or in a loop"),
        ("for x in range(3):\n    DAG('d')", "created under a condition or in a loop"),
        ("try:\n    DAG('d')\nexcept Exception: ...", "created under a condition or in a loop"),
        (
            "def make():\n    return DAG('d')\nmake()",
            "the DAG is created by a function; one deployment is written for the DAG (make())",
        ),
        ("@dag\ndef d(): ...\nif shared:\n    d()", "created under a condition or in a loop"),
    ],
)
def test_conditional_dag_has_a_warning(source: str, message: str) -> None:
    file = read(source)
    assert [each.dag_id for each in file.dags] == ["d"]
    [problem] = file.problems
    assert (problem.level, problem.name) == ("warning", "d")
    assert message in str(problem)


def test_dag_class_of_another_library_is_a_problem() -> None:
    [problem] = read("from ours.airflow import DAG\nDAG('d')", head="import airflow\n").problems
    assert "ours.airflow.DAG isn't Airflow's own DAG" in problem.message


def test_images_that_tasks_run_in() -> None:
    source = (
        "from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator\n"
        "from airflow.providers.docker.operators.docker import DockerOperator as Docker\n"
        "with DAG('d'):\n    KubernetesPodOperator(task_id='a', image='ours/etl:1')\n    Docker(image=shared)\n"
    )
    first, second = only(source).images
    assert (first.operator, first.image) == ("KubernetesPodOperator", "ours/etl:1")
    assert (second.operator, str(second.image)[:16]) == ("DockerOperator", "is common.shared")


@pytest.mark.parametrize("head", ["from airflow.decorators import task", "from airflow.sdk import task as t\ntask = t"])
def test_images_that_decorated_tasks_run_in(head: str) -> None:
    name = "t" if "as t" in head else "task"
    source = (
        f"{head.partition(chr(10))[0]}\nIMAGE = 'ours/etl:2'\n"
        f"@dag\ndef d():\n    @{name}.kubernetes(image='ours/etl:1', namespace='x')\n    def a(): ...\n"
        f"    @{name}.docker(image=IMAGE)\n    def b(): ...\n    @{name}.kubernetes_cmd\n    def c(): ...\n"
        f"    @{name}.bash\n    def e(): ...\nd()\n"
    )
    found = [(each.operator, str(each.image)) for each in only(source).images]
    assert found == [
        ("@task.kubernetes", "ours/etl:1"),
        ("@task.docker", "ours/etl:2"),
        ("@task.kubernetes_cmd", "isn't given"),
    ]


def test_images_of_mapped_tasks_and_of_other_operators() -> None:
    source = (
        "from airflow.providers.cncf.kubernetes.operators.job import KubernetesJobOperator\n"
        "from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator\n"
        "with DAG('d'):\n    KubernetesPodOperator.partial(task_id='a', image='ours/etl:1').expand(x=[1])\n"
        "    KubernetesJobOperator(task_id='b', image='ours/etl:2')\n"
    )
    assert [(each.operator, each.image) for each in only(source).images] == [
        ("KubernetesPodOperator", "ours/etl:1"),
        ("KubernetesJobOperator", "ours/etl:2"),
    ]


def test_repr_and_messages_hide_values() -> None:
    secret = "'open-sesame'"
    file = read(f"DAG('d', default_args={{'password': {secret}}}, schedule=shared({secret}), params={{'x': {secret}}})")
    assert "open-sesame" not in repr(file)
    broken = read("x = 'open-sesame\n")
    assert broken.problems
    assert "open-sesame" not in repr(broken)


def test_files_without_dag_words_are_skipped() -> None:
    assert read_dag_source(b"import os\nthis is no Python", "x.py") == DagFile("x.py", place="x.py")


def test_place_of_a_problem() -> None:
    assert str(Problem("dags/etl.py", "it is empty")) == "dags/etl.py: it is empty"
    assert str(Problem("dags/etl.py", "it is odd", 3, "etl")) == "dags/etl.py:3: etl: it is odd"
    assert Problem("dags/etl.py", "it is empty").as_dict() == {
        "path": "dags/etl.py",
        "line": 0,
        "name": "",
        "level": "error",
        "message": "it is empty",
        "detail": "",
    }
