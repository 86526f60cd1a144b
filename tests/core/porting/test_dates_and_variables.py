"""The renamed `execution_date`, and variables that a file reads when it is loaded."""

from __future__ import annotations

import pytest
from porting_checks import check, comments, rewrite


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('sql = "{{ execution_date }} {%- if execution_date %}"', 'sql = "{{ logical_date }} {%- if logical_date %}"'),
        (
            'f(sql="é {{ execution_date.year }}" " {{ macros.f(execution_date) }}")',
            'f(sql="é {{ logical_date.year }}" " {{ macros.f(logical_date) }}")',
        ),
        ('x = """\n{{\n execution_date == 1 }}"""', 'x = """\n{{\n logical_date == 1 }}"""'),
    ],
)
def test_a_template(before: str, after: str) -> None:
    check(f"{before}\n", f"{after}\n")


@pytest.mark.parametrize(
    "same",
    [
        'x = "execution_date"',
        'x = "{{ dag_run.execution_date }} {{ next_execution_date }} {{ execution_date_2 }}"',
        "x = \"{{ context['execution_date'] }} {{ f(execution_date=1) }}\"",
        'x = f"{{{{ execution_date }}}} {execution_date}"',
        "def f(execution_date): return execution_date",
        'def f(row): return row["execution_date"]',
        'context = {}\ncontext["execution_date"]',
    ],
)
def test_other_texts_stay(same: str) -> None:
    made = rewrite(f"{same}\n", unsafe=True)
    assert made.after == made.before


def test_keys_of_contexts_are_unsafe() -> None:
    source = "def f(**kwargs):\n    return kwargs['execution_date'], kwargs.get('execution_date')\n"
    made = rewrite(source)
    assert (made.is_changed, [each.tier for each in made.left]) == (False, ["unsafe", "unsafe"])
    assert rewrite(source, unsafe=True).after == source.replace("execution_date", "logical_date").encode()


def test_variables_move_into_the_functions_that_use_them() -> None:
    source = '''
    from airflow_compat.sdk import Variable, dag, task

    A = Variable.get("a", default=None)
    B = Variable.get("b")  # the second
    C = Variable.get("c")
    UNUSED = Variable.get("d")

    @task
    def one():
        """Both."""
        def inner():
            return B
        return A, inner

    class Two:
        def run(self, B): return A, B

    def shadowed():
        A = 1
        return A

    @dag
    def etl():
        one(C)
    '''
    made = rewrite(source, unsafe=True)
    assert (
        made.after.decode()
        == rewrite(
            '''
    from airflow_compat.sdk import Variable, dag, task

    # the second
    C = Variable.get("c")
    UNUSED = Variable.get("d")

    @task
    def one():
        """Both."""
        A = Variable.get("a", default=None)
        def inner():
            B = Variable.get("b")
            return B
        return A, inner

    class Two:
        def run(self, B): A = Variable.get("a", default=None); return A, B

    def shadowed():
        A = 1
        return A

    @dag
    def etl():
        one(C)
    '''
        ).before.decode()
    )
    assert comments(made.before) == comments(made.after)
    assert [(each.code, each.line) for each in made.left] == [("AC301", 5)]
    assert not rewrite(made.after, unsafe=True).is_changed
    assert not rewrite(source).is_changed


@pytest.mark.parametrize(
    "same",
    [
        "import os\nX = Variable.get(os.environ['A'])\ndef f(): return X",
        "X = Variable.get('a')\ndef f(x=X): return X",
        "X = Variable.get('a')\nX = 2\ndef f(): return X",
        "if Y:\n    X = Variable.get('a')\ndef f(): return X",
        "X = Variable.get('a')\ndef f():\n    global X\n    X = 1\n    return X",
    ],
)
def test_other_variables_stay(same: str) -> None:
    made = rewrite(f"from airflow_compat.sdk import Variable\n{same}\n", unsafe=True)
    assert made.after == made.before
