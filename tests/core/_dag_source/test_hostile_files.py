"""Reading any DAG file ends quickly and raises nothing."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from airflow_compat._dag_source import evaluate
from airflow_compat._dag_source.dags import DagFile, read_dag_source
from airflow_compat._dag_source.values import RuntimeValue, computed_parts
from airflow_compat.deployments._specs import GenerateOptions, deployment_specs

HEAD = "from airflow.sdk import DAG, Asset, Param, dag\nimport os, pendulum\n"


def read(source: str | bytes) -> DagFile:
    data = source if isinstance(source, bytes) else (HEAD + source).encode()
    return read_dag_source(data, "hostile.py")


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 100_000 + ")" * 100_000,
        "[" * 5_000,
        "1" + "+1" * 100_000,
        "a" + ".b" * 100_000,
        "f" + "()" * 100_000,
        "f" + "[0]" * 50_000,
        "-" * 100_000 + "1",
        "not " * 50_000 + "1",
        "lambda: " * 20_000 + "1",
        "1" + "**1" * 50_000,
        "1 if 1 else " * 20_000 + "1",
        "f'{" * 150 + "1" + "}'" * 150,
        "'a'" * 200_000,
        "1" + "<1" * 100_000,
    ],
)
def test_deep_nesting_is_a_problem_or_a_value(expression: str) -> None:
    file = read(f"DAG('d', schedule={expression})\n")
    assert file.dags or file.problems


def test_deep_blocks() -> None:
    blocks = "if 1: pass\n" + "elif 1: pass\n" * 50_000
    assert read(f"{blocks}DAG('d')").problems
    nested = "".join(f"{' ' * depth}if 1:\n" for depth in range(90)) + " " * 90 + "DAG('d')\n"
    assert [dag.dag_id for dag in read(nested).dags] == ["d"]


@pytest.mark.parametrize(
    "data",
    [
        b"from airflow import DAG\n\0DAG('d')",
        b"# coding: latin-1\nfrom airflow import DAG\nDAG('caf\xe9')",
        b"\xef\xbb\xbffrom airflow import DAG\nDAG('d')",
        b"from airflow import DAG\nDAG('caf\xe9')",
        b"# coding: no-such-codec\nfrom airflow import DAG\nDAG('d')",
        b"# coding: rot13\nfrom airflow import DAG\nDAG('d')",
        b"# coding: hex\nfrom airflow import DAG\nDAG('d')",
        b"# coding: utf-7\nfrom airflow import DAG\nDAG('d')",
        "from airflow import DAG\nDAG('d')".encode("utf-16"),
        b"from airflow import DAG\nDAG('d'",
        b"from airflow import DAG\n\tDAG('d')",
        b"from airflow import DAG\rDAG('d')",
        b"from airflow import DAG\nDAG('\\ud800')",
        b"from airflow import DAG\n" + b"x = '\\d'\nDAG('d')",
        b"from airflow import DAG\n" + b"#" * 5_000_000,
        b"airflow dag " * 10_000,
    ],
)
def test_bytes_of_all_kinds(data: bytes) -> None:
    file = read(data)
    assert all(dag.dag_id for dag in file.dags)
    for problem in file.problems:
        assert problem.message.isprintable()


def test_declared_encoding_is_used() -> None:
    [found] = read(b"# coding: latin-1\nfrom airflow import DAG\nDAG('d', description='caf\xe9')").dags
    assert found.arguments["description"] == "café"
    [problem] = read(b"from airflow import DAG\nDAG('d', description='caf\xe9')").problems
    assert "can't" in problem.message


@pytest.mark.parametrize(
    "source",
    [
        # Each is twice the one before.
        "a0 = ['x', 'y']\n" + "".join(f"a{n + 1} = [a{n}, a{n}]\n" for n in range(40)) + "DAG('d', params={'x': a40})",
        "a0 = 'xxxxxxxxxx'\n" + "".join(f"a{n + 1} = a{n} + a{n}\n" for n in range(40)) + "DAG('d', schedule=a40)",
        "a0 = 'x'\n" + "".join(f"a{n + 1} = f'{{a{n}}}{{a{n}}}'\n" for n in range(40)) + "DAG('d', schedule=a40)",
        "a0 = {'x': 1}\n"
        + "".join(f"a{n + 1} = {{'l': a{n}, 'r': a{n}}}\n" for n in range(40))
        + "DAG('d', params=a40)",
        "a0 = 10\n" + "".join(f"a{n + 1} = a{n} * a{n}\n" for n in range(40)) + "DAG('d', schedule=a40)",
        "DAG('d', schedule='x'.replace('', 'y' * 10 ** 9))",
        "DAG('d', schedule='{:>1000000000}'.format('x'))",
        "DAG('d', schedule=f'{1:1000000000}')",
        "DAG('d', schedule='x' * 10 ** 10)",
        "DAG('d', schedule=10 ** 10 ** 10)",
        "DAG('d', schedule=1 << 10 ** 10)",
        "x = x\nDAG('d', schedule=x)",
        "x = y\ny = x\nDAG('d', schedule=x)",
        "def f():\n    global x\n    x = x\n    DAG('d', schedule=x)",
        "x = [x]\nDAG('d', schedule=x)",
        "import hostile\nfrom . import hostile\nfrom .. import x\nDAG('d', schedule=hostile.x)",
        "".join(f"def f{n}(): return f{n + 1}()\n" for n in range(3000)) + "DAG('d', schedule=f0())",
        "".join(f"a{n + 1} = a{n}\n" for n in range(3000)) + "a0 = 1\nDAG('d', schedule=a3000)",
        "DAG('d', schedule=pendulum.datetime(10 ** 9, 1, 1))",
        "DAG('d', schedule=pendulum.datetime(2024, 1, 1, tz='../../etc/passwd'))",
        "DAG('d', schedule=pendulum.datetime(2024, 1, 1, tz='No/Such'))",
        "DAG('d', **{1: 2})",
        "DAG('d', params={(): 1, 2: 3, None: 4})",
        "DAG('d', tags={*[[]]})",
        "DAG('d', schedule={[]: 1})",
    ],
)
def test_growing_values_are_limited(source: str) -> None:
    began = time.process_time()
    file = read(source)
    assert time.process_time() - began < 5
    [found] = file.dags
    assert all(isinstance(each, RuntimeValue) for each in computed_parts(list(found.arguments.values())))


def test_nested_values_are_limited() -> None:
    names = "a0 = [1]\n" + "".join(f"a{n + 1} = [a{n}]\n" for n in range(3000))
    # Each is known when the next one is asked for.
    dags = "".join(f"DAG('d{n}', params={{'x': a{n}}})\n" for n in range(0, 3000, 30))
    file = read(names + dags)
    assert len(file.dags) == 100
    specs, problems = deployment_specs([file], GenerateOptions(datetime(2026, 1, 1, tzinfo=timezone.utc)))
    assert specs[1].values["parameters"] == {"x": _nested(30)}
    assert "parameters" not in specs[-1].values
    assert any("too large to read" in problem.message for problem in problems)


def _nested(depth: int) -> list[Any]:
    value: list[Any] = [1]
    for _ in range(depth):
        value = [value]
    return value


_NAMES = st.sampled_from(["x", "y", "DAG", "dag", "Asset", "os", "__file__", "__doc__", "f", "dict"])
_EXPRESSIONS = st.recursive(
    st.one_of(_NAMES, st.sampled_from(["1", "'a'", "None", "b'x'", "1.5", "...", "True", "1j"])),
    lambda inner: st.one_of(
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{{}: {}}}".format, inner, inner),
        st.builds("{{**{}}}".format, inner),
        st.builds("({}).{}".format, inner, st.sampled_from(["get", "format", "add", "x", "stem", "copy", "replace"])),
        st.builds("({})({}, {}={})".format, inner, inner, st.sampled_from("ab"), inner),
        st.builds("({})(*{}, **{})".format, inner, inner, inner),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("({})[{}:]".format, inner, inner),
        st.builds("({}) {} ({})".format, inner, st.sampled_from("+ - * / // % | & ** << @ < and".split()), inner),
        st.builds("-({})".format, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("[{} for x in {}]".format, inner, inner),
        st.builds("(lambda x: {})".format, inner),
        st.builds("(x := {})".format, inner),
        st.builds("f'{{{}}}'".format, st.sampled_from(["x", "1", "os.x", "x!r", "x:>5"])),
    ),
    max_leaves=12,
)
_STATEMENTS = st.recursive(
    st.one_of(
        st.builds("{} = {}".format, _NAMES, _EXPRESSIONS),
        st.builds("x, y = {}".format, _EXPRESSIONS),
        st.builds("x[{}] = {}".format, _EXPRESSIONS, _EXPRESSIONS),
        st.builds("x.doc_md = {}".format, _EXPRESSIONS),
        st.builds("x += {}".format, _EXPRESSIONS),
        st.builds("x.update({})".format, _EXPRESSIONS),
        st.builds("x = DAG({})".format, _EXPRESSIONS),
        st.builds("DAG('d', schedule={}, **{})".format, _EXPRESSIONS, _EXPRESSIONS),
        st.builds("x: {} = {}".format, _EXPRESSIONS, _EXPRESSIONS),
        st.sampled_from(["del x", "import x.y as y", "from x import *", "pass", "f()", "from airflow import *"]),
    ),
    lambda inner: st.builds(
        "{}:\n{}".format,
        st.sampled_from(
            [
                "if x",
                "for x in y",
                "while x",
                "with DAG('e') as x",
                "def f(x, *y, z=1)",
                "@dag\ndef f(x=1)",
                "class X(DAG)",
            ]
        ),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda lines: "\n".join(f" {each}".replace("\n", "\n ") for each in lines)
        ),
    ),
    max_leaves=8,
)


def test_evaluation_steps_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "_MOST_STEPS", 100)
    file = read("\n".join(f"DAG('d{number}', schedule='@daily')" for number in range(200)))
    assert 1 < len(file.dags) < 100
    assert {f"d{number}" for number in range(150, 200)}.isdisjoint(str(dag.dag_id) for dag in file.dags)


def test_values_of_the_limits() -> None:
    [file] = read(f"DAG('d', description='{'x' * 1_000_000}', doc_md='{'x' * 1_000_001}')").dags
    assert file.arguments["description"] == "x" * 1_000_000
    assert isinstance(file.arguments["doc_md"], RuntimeValue)
    [file] = read(f"DAG('d', description='{'x' * 500_000}' + '{'x' * 500_000}')").dags
    assert file.arguments["description"] == "x" * 1_000_000
    # It is no value that is large, but an expression of many parts.
    [file] = read(f"DAG('d', max_active_runs={'-' * 50}1, schedule={'-' * 150}1)").dags
    assert file.arguments["max_active_runs"] == 1
    deep = file.arguments["schedule"]
    assert isinstance(deep, RuntimeValue)
    assert deep.why == "is an expression that is too long to read"


@given(st.lists(_STATEMENTS, max_size=6).map("\n".join))
@examples(300)
def test_any_program_can_be_read(source: str) -> None:
    file = read(source)
    for dag in file.dags:
        assert isinstance(dag.dag_id, str)
    for problem in file.problems:
        assert problem.message


@given(st.binary(max_size=200))
def test_any_bytes_can_be_read(data: bytes) -> None:
    read(b"# airflow dag\n" + data)
    read(data + b"# airflow dag\n")


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    read(f"DAG({text!r}, schedule={text!r}, description={text!r})".encode("utf-8", "surrogatepass"))
    read(text.encode("utf-8", "surrogatepass") + b"\n# airflow dag")


@pytest.mark.parametrize(
    "function",
    [
        "def f{n}():\n    return DAG('d{n}', schedule=x)\n",
        "def f{n}():\n    DAG('d{n}', schedule=x)\n    f{next}()\n",
        "class C{n}:\n    def f(self):\n        DAG('d{n}', schedule=x)\nC{n}()\nx = '{n}'\n",
        "def f(x={n}):\n    DAG('d{n}', schedule=x)\nf()\nx = '{n}'\n",
    ],
)
def test_time_is_linear_in_number_of_functions(function: str) -> None:
    body = "".join(function.format(n=n, next=n + 1) for n in range(3_000))
    source = f"from airflow import DAG\nx = '@daily'\n{body}f0 = f1 = f2999 = x\nx = None\n"
    start = time.process_time()
    file = read_dag_source(source.encode(), "x.py")
    assert len(file.dags) == 3_000
    assert time.process_time() - start < 30
