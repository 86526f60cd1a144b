"""Which DAGs a load collects, and which release its definitions follow."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from authored import Op, dag

from airflow_compat.authoring import DAG, TaskGroup
from airflow_compat.authoring import dag as dag_function
from airflow_compat.authoring._current import (
    collecting,
    current_dag,
    current_task_group,
    defining_for,
    definition_release,
)
from airflow_compat.errors import DagDefinitionError


def test_every_dag_is_collected_in_order() -> None:
    with collecting("3") as found:
        first = DAG("first", schedule=None)
        with DAG("second", schedule=None) as second:
            pass
        with DAG("third", schedule=None, auto_register=False) as third:
            pass

        @dag_function(schedule=None)
        def fourth() -> None:
            Op(task_id="t")

        last = fourth()
    assert found.dags == [first, second, third, last]
    assert found.registered == [second, last]


def test_definitions_follow_the_release() -> None:
    assert definition_release() == "3"
    with collecting("2") as found:
        made = DAG("d", start_date=None)
        assert definition_release() == found.release == made.airflow_version == "2"
        assert made.schedule == timedelta(days=1)
        assert made.catchup
    with collecting("3"):
        assert DAG("d").schedule is None


def test_settings_replace_defaults() -> None:
    with (
        collecting("3", settings={("core", "default_task_retries"): 4, ("core", "max_active_tasks_per_dag"): 2}),
        dag() as made,
    ):
        assert Op(task_id="t").retries == 4
    assert made.max_active_tasks == 2


def test_a_block_starts_without_an_open_dag() -> None:
    with dag() as outer:
        with collecting("3"):
            assert current_dag() is None
        with defining_for("2"):
            assert current_task_group() is None
        assert current_dag() is outer


def test_two_threads_do_not_meet() -> None:
    inside, leave = threading.Event(), threading.Event()
    seen: list[object] = []

    def load() -> None:
        with collecting("2") as found, DAG("other", schedule=None), TaskGroup("g"):
            inside.set()
            assert leave.wait(240)
            seen.append([each.dag_id for each in found.dags])

    thread = threading.Thread(target=load)
    thread.start()
    assert inside.wait(240)
    with collecting("3") as found:
        assert current_dag() is None
        assert current_task_group() is None
        made = DAG("mine", schedule=None)
    leave.set()
    thread.join()
    assert found.dags == [made]
    assert seen == [["other"]]


def test_an_error_closes_the_blocks() -> None:
    with pytest.raises(DagDefinitionError), dag(), TaskGroup("g"):
        Op(task_id="a b")
    assert current_dag() is None
    assert current_task_group() is None
