"""DAGs built by our classes and by real Airflow's: the same graph, or an error of the same class."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from authoring_description import described, differences
from authoring_scenarios import SCENARIOS, operator_of
from random_authoring import random_dag
from real_airflow import MAJOR, load

import airflow_compat.authoring as ours
from airflow_compat._airflow.version import AirflowVersion
from airflow_compat.authoring._current import collecting

VERSION: AirflowVersion = "2" if MAJOR == "2" else "3"
SEEDS = range(300)
_MODULES = {
    "2": {
        "airflow.models.dag": "DAG dag",
        "airflow.models.baseoperator": "BaseOperator chain chain_linear cross_downstream",
        "airflow.models.param": "Param",
        "airflow.sensors.base": "BaseSensorOperator",
        "airflow.utils.edgemodifier": "Label",
        "airflow.utils.task_group": "TaskGroup",
        "airflow.decorators": "task_group",
    },
    "3": {
        "airflow.sdk": "DAG dag BaseOperator chain chain_linear cross_downstream Param BaseSensorOperator Label "
        "TaskGroup task_group"
    },
}


def _real() -> SimpleNamespace:
    names = {name: getattr(load(module), name) for module, text in _MODULES[VERSION].items() for name in text.split()}
    check = load("airflow.utils.dag_cycle_tester").check_cycle if VERSION == "2" else lambda dag: dag.check_cycle()
    return SimpleNamespace(**names, check_cycle=check, Op=operator_of(names["BaseOperator"]))


def _ours() -> SimpleNamespace:
    names = {name: getattr(ours, name) for text in _MODULES[VERSION].values() for name in text.split()}
    return SimpleNamespace(**names, check_cycle=lambda dag: dag.check_cycle(), Op=operator_of(ours.BaseOperator))


@pytest.fixture(scope="module")
def real() -> SimpleNamespace:
    return _real()


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _built(build: Callable[[Any], Any], names: SimpleNamespace) -> tuple[Any, BaseException | None]:
    try:
        return described(build(names)), None
    except Exception as error:  # noqa: BLE001 - compared below
        return None, error


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_dag_is_the_same(name: str, real: SimpleNamespace) -> None:
    expected, error = _built(SCENARIOS[name], real)
    with collecting(VERSION):
        found, own_error = _built(SCENARIOS[name], _ours())
    if error is None:
        assert own_error is None, own_error
        assert differences(found, expected) == []
    else:
        assert own_error is not None, f"Airflow raises {error!r}"
        classes = {each.__name__ for each in type(own_error).__mro__}
        assert type(error).__name__ in classes, f"Airflow raises {error!r}, ours {own_error!r}"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_dag_is_the_same(seed: int, real: SimpleNamespace) -> None:
    expected, error = _built(lambda names: random_dag(names, random.Random(seed)), real)
    with collecting(VERSION):
        found, own_error = _built(lambda names: random_dag(names, random.Random(seed)), _ours())
    assert (own_error is None) is (error is None), own_error
    assert differences(found, expected) == []


@pytest.mark.parametrize("seed", range(50))
def test_a_sensor_waits_as_long(seed: int, real: SimpleNamespace) -> None:
    chosen = random.Random(seed)
    arguments = {
        "poke_interval": chosen.choice([0.5, 1, 5, 60, 61.5]),
        "timeout": chosen.choice([100, 5000]),
        "mode": chosen.choice(["poke", "reschedule"]),
        "exponential_backoff": chosen.random() < 0.9,
        "max_wait": chosen.choice([None, 30]),
    }
    start, elapsed, count = chosen.uniform(0, 1e6), chosen.uniform(0, 90), chosen.randint(1, 12)

    def seconds(names: Any) -> float:
        with names.DAG("d", schedule=None, start_date=datetime(2024, 1, 1, tzinfo=timezone.utc)):
            sensor = names.BaseSensorOperator(task_id=f"s{seed}", **arguments)
        return float(sensor._get_next_poke_interval(start, lambda: elapsed, count))

    expected = seconds(real)
    with collecting(VERSION):
        assert seconds(_ours()) == expected
