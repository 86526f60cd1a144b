"""The tables of arguments against the signatures of real Airflow, and the backoff against its delays."""

from __future__ import annotations

import inspect
import itertools
import warnings
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

import pytest
from real_airflow import MAJOR, load

from airflow_compat._airflow.argument_table import Table
from airflow_compat._airflow.task_arguments import TASK_ARGUMENTS
from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.errors import InvalidArgumentError
from airflow_compat.options._backoff import LONGEST, Backoff, multiplier_of
from airflow_compat.options._dag_arguments import DAG_ARGUMENTS
from airflow_compat.options._outputs import returns_mapping

VERSION: AirflowVersion = "2" if MAJOR == "2" else "3"
IS_TWO = VERSION == "2"

DAG = load("airflow.models.dag" if IS_TWO else "airflow.sdk").DAG
OPERATOR = load("airflow.models.baseoperator" if IS_TWO else "airflow.sdk").BaseOperator
PYTHON = load("airflow.operators.python" if IS_TWO else "airflow.providers.standard.operators.python").PythonOperator
DECORATOR = load("airflow.decorators.python" if IS_TWO else "airflow.providers.standard.decorators.python").python_task
EMPTY = load("airflow.operators.empty" if IS_TWO else "airflow.providers.standard.operators.empty").EmptyOperator
DECORATED = load("airflow.decorators.base" if IS_TWO else "airflow.sdk.bases.decorator").DecoratedOperator

MOMENT = datetime(2026, 11, 22, 13, 5, tzinfo=timezone.utc)


def parameters_of(*functions: Any) -> dict[str, Any]:
    """The parameters by name, with their defaults; those of the later functions are added."""
    found: dict[str, Any] = {}
    for function in functions:
        for name, parameter in inspect.signature(function).parameters.items():
            if name != "self" and parameter.kind is not inspect.Parameter.VAR_KEYWORD:
                found.setdefault(name, parameter.default)
    return found


def default_of(value: Any) -> Any:
    """A default that says something; Airflow has marks of its own for none."""
    if value is inspect.Parameter.empty or type(value).__name__ in ("ArgNotSet", "_Nothing", "NOTHING"):
        return None
    return value.value if isinstance(value, Enum) else value


SIGNATURES = {
    "DAG": (parameters_of(DAG.__init__), DAG_ARGUMENTS),
    "task": (
        parameters_of(OPERATOR.__init__, PYTHON.__init__, DECORATOR, DECORATED.__init__),
        TASK_ARGUMENTS,
    ),
}
each_table = pytest.mark.parametrize(("signature", "table"), SIGNATURES.values(), ids=SIGNATURES)


@each_table
def test_every_argument_is_in_the_table_and_no_other(signature: dict[str, Any], table: Table) -> None:
    assert {name for name, row in table.items() if VERSION in row.versions} == set(signature)


@each_table
def test_airflows_own_defaults_ask_for_nothing(signature: dict[str, Any], table: Table) -> None:
    # They differ from what a deployment or a task of Prefect's does by itself, and are mapped where they are given.
    ours = {"retry_delay", "catchup"}
    asking = [
        name
        for name, default in signature.items()
        if table[name].fate != "mapped" and name not in ours and not table[name].asks_for_nothing(default_of(default))
    ]
    assert asking == []


DELAYS = [0.0, 0.25, 1.0, 7.5, 300.0, 5000.0]
MULTIPLIERS: list[Any] = [True, False] if IS_TWO else [True, 2.0, 1.5, 5, 0.5, 1, 0, False, -1.0]
LONGESTS = [None, timedelta(seconds=90), timedelta(days=2)]
TRIES = [1, 2, 3, 7, 20, 60]


def airflows_delay(delay: float, multiplier: Any, longest: timedelta | None, tried: int) -> float:
    """What a real task instance says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        operator = EMPTY(
            task_id="load",
            retry_delay=timedelta(seconds=delay),
            retry_exponential_backoff=multiplier,
            max_retry_delay=longest,
        )
    instance = load("airflow.models.taskinstance").TaskInstance
    ended = datetime(2026, 11, 22, 14, tzinfo=timezone.utc)
    date = "execution_date" if IS_TWO else "logical_date"
    fields = {
        "task": operator, "dag_id": "etl", "task_id": "load", date: MOMENT, "try_number": tried, "end_date": ended,
        "retry_delay_override": None, "log": load("logging").getLogger("t"),
    }  # fmt: skip
    # The scheduler's own operator, which is read back from the database, has a number in place of True.
    if not IS_TWO and isinstance(multiplier, bool):
        operator.retry_exponential_backoff = 2.0 if multiplier else 0
    return (instance.next_retry_datetime(type("TI", (), fields)()) - ended).total_seconds()


def our_delay(delay: float, multiplier: Any, longest: timedelta | None, tried: int) -> float:
    factor = multiplier_of(multiplier, VERSION)
    if factor is None:
        return delay
    backoff = Backoff(delay, factor, longest.total_seconds() if longest else None)
    return backoff.seconds(tried, dag_id="etl", task_id="load", logical_date=MOMENT)


@pytest.mark.parametrize("multiplier", MULTIPLIERS, ids=repr)
def test_the_backoff_is_airflows(multiplier: Any) -> None:
    cases = list(itertools.product(DELAYS, LONGESTS, TRIES))
    theirs = [airflows_delay(delay, multiplier, longest, tried) for delay, longest, tried in cases]
    assert [our_delay(delay, multiplier, longest, tried) for delay, longest, tried in cases] == theirs
    assert max(theirs) <= LONGEST


@pytest.mark.skipif(not IS_TWO, reason="Airflow 3 takes numbers")
@pytest.mark.parametrize("multiplier", [2.0, 1, 0])
def test_numbers_are_refused_alike(multiplier: Any) -> None:
    with pytest.raises(TypeError):
        airflows_delay(1.0, multiplier, None, 1)
    with pytest.raises(InvalidArgumentError):
        our_delay(1.0, multiplier, None, 1)


def a() -> dict: ...
def b() -> dict[str, int]: ...
def c() -> int: ...
def d(): ...
def e() -> dict[str, int] | None: ...
def f() -> Any: ...
def g() -> list[dict[str, int]]: ...


@pytest.mark.parametrize("function", [a, b, c, d, e, f, g], ids=lambda function: function.__name__)
def test_multiple_outputs_are_inferred_alike(function: Any) -> None:
    decorator = load("airflow.decorators.base" if IS_TWO else "airflow.sdk.bases.decorator")
    made = decorator._TaskDecorator(function=function, operator_class=DECORATED)
    assert returns_mapping(function) is made.multiple_outputs
