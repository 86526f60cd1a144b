"""XCom between the tasks of a flow, and between flows."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect import flow, task
from prefect.context import FlowRunContext
from prefect.futures import wait
from xcom_runs import elsewhere, here, until_the_server_has, xcom_pull, xcom_push

from airflow_compat.errors import UnsupportedFeatureError, XComError, XComValueError
from airflow_compat.exceptions import AirflowException
from airflow_compat.xcom import (
    TaskInstanceAddress,
    pull,
    push,
    remember_return,
)


def test_tasks_in_threads_and_the_flows_body_see_the_same() -> None:
    @task
    def extract() -> list[int]:
        xcom_push("source", {"rows": (1, 2)})
        remember_return(here(), [1, 2])
        return [1, 2]

    @task
    def load() -> tuple[Any, ...]:
        return xcom_pull("extract"), xcom_pull("extract", key="source"), xcom_pull("etl", key="from")

    @flow(name="etl")
    def etl() -> Any:
        xcom_push("from", "body")
        wait([extract.submit()])
        return load.submit().result(), xcom_pull(["extract", "load"]), xcom_pull("extract", key="no", map_indexes=-1)

    assert etl() == (([1, 2], {"rows": (1, 2)}, "body"), [[1, 2], None], None)


def test_push_and_pull_in_coroutines() -> None:
    @task
    async def extract() -> None:
        xcom_push("n", 5)
        remember_return(here(), {"a": 1})

    @flow(name="etl")
    async def etl() -> Any:
        await asyncio.gather(extract())
        return xcom_pull("extract", key="n"), xcom_pull("extract")

    assert asyncio.run(etl()) == (5, {"a": 1})


@pytest.mark.parametrize("airflow_version", ["2", "3"])
def test_mapped_runs_without_a_value_do_not_end_the_search(airflow_version: Any) -> None:
    @task
    def mapped(index: int) -> None:
        if index == 3:
            raise ValueError
        remember_return(here(map_index=index), None if index == 1 else index)

    @flow(name="etl")
    def etl() -> UUID:
        wait(mapped.map(range(6)))
        assert xcom_pull("mapped", airflow_version=airflow_version) == [0, 2, 4, 5]
        return FlowRunContext.get().flow_run.id

    run = etl()
    until_the_server_has(run, 6)
    assert pull(elsewhere(run), "mapped", airflow_version=airflow_version) == [0, 2, 4, 5]


def test_any_task_in_airflow_2(unique: str) -> None:
    @task
    def first() -> None:
        remember_return(here(), 1)

    @task
    def last() -> None:
        remember_return(here(), {"a": 2}, multiple_outputs=True)

    @flow(name=unique)
    def etl() -> UUID:
        first()
        last()
        assert xcom_pull(airflow_version="2") == {"a": 2}
        assert xcom_pull() is None
        assert xcom_pull(key="no", default=7, airflow_version="2") == 7
        return FlowRunContext.get().flow_run.id

    run = etl()
    until_the_server_has(run, 2)
    where = elsewhere(run, unique)
    assert pull(where, airflow_version="2") == {"a": 2}
    assert pull(where, key="a", airflow_version="2") == 2


def test_any_text_is_a_key_and_a_task_id() -> None:
    texts = ["größe/ü", "../../x", "a~b", "k" * 512, "group.task", "%2F"]

    @flow(name="etl")
    def etl() -> UUID:
        for text in texts:
            push(here(text), text, text)
        assert xcom_pull(texts, key=texts[0]) == [texts[0], *[None] * 5]
        return FlowRunContext.get().flow_run.id

    where = elsewhere(etl())
    assert [pull(where, text, key=text) for text in texts] == texts


def test_push_and_pull_copy_values() -> None:
    @flow(name="etl")
    def etl() -> None:
        rows = [1]
        xcom_push("rows", rows)
        rows.append(2)
        xcom_pull(key="rows").append(3)
        assert xcom_pull(key="rows") == [1]

    etl()


def test_outside_a_flow() -> None:
    @task
    def alone() -> None:
        remember_return(TaskInstanceAddress(None, "", "alone"), 1)
        with pytest.raises(XComError, match=r"task 'alone' runs outside a flow.*call the task in a flow") as caught:
            push(TaskInstanceAddress(None, "", "alone"), "k", 1)
        assert isinstance(caught.value, AirflowException)

    alone()
    with pytest.raises(XComError, match="outside a flow"):
        pull(TaskInstanceAddress(None, "", "alone"), "extract")


def test_values_that_xcom_refuses() -> None:
    @task
    def extract() -> Any:
        remember_return(here(), {"raw": b"quartz-Tern"})
        return {"raw": b"quartz-Tern"}

    @flow(name="etl")
    def etl() -> None:
        assert extract() == {"raw": b"quartz-Tern"}
        refused = r"XCom 'return_value' of task 'extract' can't be stored: the value holds a bytes at \['raw'\]"
        with pytest.raises(XComValueError, match=refused) as caught:
            xcom_pull("extract")
        assert "quartz" not in str(caught.value)
        with pytest.raises(XComValueError, match="XCom 'raw' of task 'etl' can't be stored: the value is a bytes"):
            xcom_push("raw", b"x")
        with pytest.raises(UnsupportedFeatureError, match="XCom key None"):
            xcom_pull("extract", key=None)
        with pytest.raises(XComValueError, match="multiple_outputs and returned a list"):
            remember_return(here(), [1], multiple_outputs=True)

    etl()


def test_pushing_none_is_a_value_and_returning_none_is_none() -> None:
    @flow(name="etl")
    def etl() -> None:
        xcom_push("k", None)
        remember_return(here("extract"), 5)
        remember_return(here("extract"), None)
        assert xcom_pull(key="k", default=7, airflow_version="2") is None
        assert xcom_pull("extract", default=7, airflow_version="2") == 7
        assert xcom_pull("extract", default=7, map_indexes=-1) == 7

    etl()


def test_a_plain_task_whose_result_prefect_persisted() -> None:
    @task(persist_result=True)
    def extract(n: int) -> Any:
        return {"path": Path("/a"), "n": n}

    @flow(name="etl")
    def etl() -> UUID:
        extract(1)
        until_the_server_has(FlowRunContext.get().flow_run.id, 1)
        assert xcom_pull("extract") == {"path": Path("/a"), "n": 1}
        assert xcom_pull("extract", map_indexes=-1) == {"path": Path("/a"), "n": 1}
        assert xcom_pull("extract", key="other") is None
        return FlowRunContext.get().flow_run.id

    run = etl()
    assert pull(elsewhere(run), "extract") == {"path": Path("/a"), "n": 1}

    @flow(name="etl")
    async def coroutine() -> Any:
        extract(2)
        until_the_server_has(FlowRunContext.get().flow_run.id, 1)
        return xcom_pull("extract")

    assert asyncio.run(coroutine())["n"] == 2

    @flow(name="etl")
    def mapped() -> Any:
        wait(extract.map([1, 2]))
        until_the_server_has(FlowRunContext.get().flow_run.id, 2)
        return xcom_pull("extract")

    assert sorted(one["n"] for one in mapped()) == [1, 2]


def test_plain_task_without_a_stored_result(caplog: pytest.LogCaptureFixture) -> None:
    @task
    def extract() -> int:
        return 1

    @flow(name="etl")
    def etl() -> Any:
        extract()
        until_the_server_has(FlowRunContext.get().flow_run.id, 1)
        logging.getLogger("prefect.flow_runs").addHandler(caplog.handler)
        try:
            return xcom_pull("extract"), xcom_pull("nope", default=7, map_indexes=-1)
        finally:
            logging.getLogger("prefect.flow_runs").removeHandler(caplog.handler)

    assert etl() == (None, 7)
    # Other threads log, too.
    said = {record.getMessage() for record in caplog.records if record.name == "prefect.flow_runs"}
    assert len(said) == 1
    assert "Task 'extract' has ended, but its return value was not stored. Use @task(persist_result=True)" in said.pop()


def test_another_flow_and_earlier_runs(unique: str) -> None:
    marks = iter(range(10))

    @flow(name=f"{unique}_source")
    def source() -> str:
        xcom_push("mark", next(marks))
        return FlowRunContext.get().flow_run.expected_start_time.isoformat()

    @flow(name=f"{unique}_other")
    def other(run_id: str) -> None:
        name = f"{unique}_source"
        asked = {"task_ids": name, "dag_id": name, "key": "mark"}
        # Nobody was scheduled for the same moment.
        assert xcom_pull(**asked) is None
        assert xcom_pull(**asked, include_prior_dates=True) == [2, 1, 0]
        assert xcom_pull(**asked, include_prior_dates=True, map_indexes=-1) == 2
        assert xcom_pull(**asked, include_prior_dates=True, airflow_version="2") == 2
        assert xcom_pull(**asked, run_id=run_id) == 1
        with pytest.raises(UnsupportedFeatureError, match="run_id='yesterday'"):
            xcom_pull(**asked, run_id="yesterday")
        with pytest.raises(UnsupportedFeatureError, match="Airflow 2 has no such argument"):
            xcom_pull(**asked, run_id=run_id, airflow_version="2")

    moments = [source(), source(), source()]
    other(f"manual__{moments[1]}")

    @flow(name=f"{unique}_source")
    def again() -> None:
        xcom_push("mark", 9)
        own = {"task_ids": f"{unique}_source", "key": "mark", "airflow_version": "2"}
        assert xcom_pull(**own, include_prior_dates=True) == 9
        assert xcom_pull(f"{unique}_source", key="mark", include_prior_dates=True) == [9, 2, 1, 0]

    again()
