"""What `dags.check` reads from the code of a DAG file and from templates."""

from __future__ import annotations

from textwrap import dedent

import pytest

from airflow_compat.dags._code_of_file import FileCode
from airflow_compat.dags._thread_hazards import thread_hazards
from airflow_compat.dags._uses import uses_of_code, uses_of_template


def code(source: str) -> FileCode:
    return FileCode(dedent(source).encode(), "etl.py")


@pytest.mark.parametrize(
    ("line", "name", "level"),
    [
        ("os.chdir('/tmp')", "os.chdir", "warning"),
        ("os.environ['A'] = '1'", "os.environ[...]", "warning"),
        ("environ['A'] += '1'", "os.environ[...]", "warning"),
        ("del os.environ['A']", "os.environ[...]", "warning"),
        ("environ.update(A='1')", "os.environ.update", "warning"),
        ("signal.signal(2, print)", "signal.signal", "error"),
        ("[s.alarm(3) for _ in '1']", "signal.alarm", "error"),
    ],
)
def test_code_that_threads_break(line: str, name: str, level: str) -> None:
    imports = "import os, signal, signal as s\nfrom os import environ\n"
    (problem,) = thread_hazards(code(f"{imports}def call():\n    {line}\n"), "etl.py")
    assert (problem.line, problem.kind, problem.level) == (4, "threads", level)
    assert problem.message.startswith(name)


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['A'] = '1'\n",
        "def call(os):\n    os.chdir('/tmp')\n",
        "import os\ndef call():\n    print(os.environ['A'])\n",
        "import os\n@task.virtualenv\ndef call():\n    os.chdir('/tmp')\n",
        "import os\n@task.external_python(python='p')\ndef call():\n    os.chdir('/tmp')\n",
        "import os\ndef call():\n    os.chdir('/tmp')\nPythonVirtualenvOperator(task_id='t', python_callable=call)\n",
    ],
)
def test_harmless_code(source: str) -> None:
    assert list(thread_hazards(code(source), "etl.py")) == []


def test_literal_names_in_calls() -> None:
    found = uses_of_code(
        code("""
        from airflow.models import Variable
        from airflow.models import Variable as V
        from airflow.hooks.base import BaseHook
        from airflow.sdk import Connection
        Variable.get("a")
        V.get("b", default_var=None)
        Variable.get(key="c")
        Variable.get(f"{1}")
        BaseHook.get_connection("d")
        Connection.get(conn_id="e")
        PostgresHook(postgres_conn_id="f")
        Other.get("g")
        Hook(http_conn_id="{{ var.value.h }}")
        """),
        "etl.py",
    )
    assert [(each.kind, each.name, each.line, each.has_default) for each in found] == [
        ("variable", "a", 6, False),
        ("variable", "b", 7, True),
        ("variable", "c", 8, False),
        ("connection", "d", 10, False),
        ("connection", "e", 11, False),
        ("connection", "f", 12, False),
    ]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ var.value.region }}", [("variable", "region", False)]),
        ("{{ var.json.settings.size }}", [("variable", "settings", False)]),
        ("{{ var.json['settings']['size'] }}", [("variable", "settings", False)]),
        ("{{ var.value.get('region') }}", [("variable", "region", False)]),
        ("{{ var.value.get('region', 'eu') | upper }}", [("variable", "region", True)]),
        ("{% if conn.shop %}{{ conn.shop.host }}{% endif %}", [("connection", "shop", False)]),
        ("{{ conn.get('shop').host }} {{ conn[name] }} {{ ds }}", [("connection", "shop", False)]),
    ],
)
def test_names_in_templates(template: str, expected: list[tuple[str, str, bool]]) -> None:
    found = dict.fromkeys((each.kind, each.name, each.has_default) for each in uses_of_template(template, "etl.py", 1))
    assert list(found) == expected


def test_lines_of_tasks() -> None:
    lines = code("""
    @task
    def extract():
        @other
        def inner(): ...
    Bash(
        task_id="load",
    )
    """).lines_of_tasks
    assert lines == {"extract": 3, "inner": 5, "load": 6}
