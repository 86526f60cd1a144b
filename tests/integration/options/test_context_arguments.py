"""Tasks with context parameters, on real runs and in a test without a run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from prefect import flow
from prefect.futures import wait
from prefect.settings import PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW, temporary_settings
from prefect.task_runners import ProcessPoolTaskRunner

from airflow_compat import get_current_context, task
from airflow_compat.errors import InvalidArgumentError, UnsupportedFeatureError, UnsupportedFeatureWarning
from airflow_compat.testing import fake_context, make_context


@task
def named(rows: int, ds: Any = None, ti: Any = None, params: Any = None) -> list[Any]:
    return [rows, ds, ti.task_id, ti.map_index, params["day"]]


@task
def whole(rows: int, **context: Any) -> list[Any]:
    return [rows, context["ds"], context["ti"].task_id, context["ti"].map_index, context["params"]["day"]]


def test_called_submitted_and_mapped() -> None:
    @flow
    def etl(day: int) -> list[Any]:
        today = get_current_context()["ds"]
        for each in (named, whole):
            name = each.name
            assert each(1) == [1, today, name, -1, 3]
            assert each.submit(2).result() == [2, today, name, -1, 3]
            futures = each.map([1, 2])
            wait(futures)
            assert [future.result() for future in futures] == [[n + 1, today, name, n, 3] for n in range(2)]
            assert each.with_options(name="other")(1)[2] == "other"
            assert each(1, ds="mine")[1] == "mine"
        return ["done"]

    assert etl(3) == ["done"]


def test_in_other_processes() -> None:
    @flow(task_runner=ProcessPoolTaskRunner(max_workers=1))
    def etl(day: int) -> list[Any]:
        return [get_current_context()["ds"], named.submit(1).result(), whole.submit(1).result()]

    today, of_named, of_whole = etl(3)
    assert of_named == [1, today, "named", -1, 3]
    assert of_whole == [1, today, "whole", -1, 3]


def test_functions_of_all_kinds() -> None:
    @task
    async def coroutine(**context: Any) -> str:
        return str(context["ti"].task_id)

    @task
    def generator(ti: Any = None) -> Iterator[str]:
        yield ti.task_id

    @task
    async def async_generator(ti: Any, **context: Any) -> AsyncIterator[str]:
        yield ti.task_id
        yield context["ds"]

    class Jobs:
        @task
        def method(self, rows: int, ti: Any = None) -> tuple[int, str]:
            return rows, ti.task_id

        @staticmethod
        @task
        def static(ti: Any = None) -> str:
            return str(ti.task_id)

    @flow
    async def etl() -> None:
        assert await coroutine() == "coroutine"
        assert list(generator()) == ["generator"]
        assert [each async for each in async_generator()] == ["async_generator", get_current_context()["ds"]]
        assert Jobs().method(3) == (3, "method")
        assert Jobs.static() == "static"
        assert task(task_id="ported", python_callable=lambda ti: ti.task_id)() == "ported"

    asyncio.run(etl())


def test_server_is_not_asked_for_unread_values(unique: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    send = httpx.Client.send

    def note(client: httpx.Client, request: httpx.Request, **kwargs: Any) -> httpx.Response:
        if threading.current_thread() is threading.main_thread():
            asked.append(request.url.path)
        return send(client, request, **kwargs)

    @task
    def load(**context: Any) -> list[int]:
        before = len(asked)
        # An object that stands for None, as in Airflow.
        assert not context["prev_start_date_success"]
        return [before, len(asked)]

    @task(pre_execute=lambda context: monkeypatch.setattr(httpx.Client, "send", note))
    def begin(**context: Any) -> None:
        assert "ti" in context

    @flow(name=unique)
    def etl() -> list[int]:
        begin()
        del asked[:]
        return load()

    before, after = etl()
    assert before == 0 < after


def test_callbacks_see_the_same_context() -> None:
    def tell(context: Any) -> None:
        context["told"] = 1

    def hear(context: Any, result: Any) -> None:
        heard.append((context["told"], result))

    heard: list[Any] = []

    @task(pre_execute=tell, post_execute=hear)
    def load(**context: Any) -> int:
        return int(context["told"]) + 1

    @flow
    def etl() -> int:
        return load()

    assert etl() == 2
    assert heard == [(1, 2)]


def test_unsupported_value_raises_on_use() -> None:
    @task
    def load(outlet_events: Any = None, **context: Any) -> None:
        assert context["inlet_events"] is not None
        outlet_events["orders"]

    @flow
    def etl() -> None:
        load()

    with pytest.raises(UnsupportedFeatureError, match="outlet_events"):
        etl()


def test_task_outside_a_flow_has_no_run() -> None:
    @task
    def load(ti: Any = None, **context: Any) -> str:
        return f"{ti.task_id} {context['dag_run'].run_id}"

    @task
    def count(rows: int, **options: Any) -> int:
        return rows + len(options["params"])

    with temporary_settings({PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW: "ignore"}):
        assert count(3) == 3
        with pytest.raises(UnsupportedFeatureError, match="ran outside a flow, so it has no dag_run"):
            load()


def test_a_missing_argument_fails_the_task() -> None:
    @task
    def load(ds: str, table: str) -> str:
        return f"{table} {ds}"

    @flow
    def etl() -> str:
        with pytest.raises(TypeError, match=r"missing required argument\(s\): table"):
            load()
        return load(table="planes", ds="mine")

    assert etl() == "planes mine"


def test_direct_call_of_the_function_needs_arguments_or_a_fake_context() -> None:
    context = make_context("load", params={"day": 3})
    assert whole.fn(1, **context) == [1, "2026-01-01", "load", -1, 3]
    with fake_context(context):
        assert whole.fn(1) == named.fn(1) == [1, "2026-01-01", "load", -1, 3]
        assert named.fn(1, ds="mine")[1] == "mine"
    with pytest.raises(AttributeError):
        named.fn(1)


def test_task_function_called_by_another_task_gets_no_context() -> None:
    @task
    def inner(ti: Any = None, **context: Any) -> list[Any]:
        return [ti, context]

    @task
    def outer(**context: Any) -> list[Any]:
        return inner.fn()

    @flow
    def etl() -> list[Any]:
        return outer()

    assert etl() == [None, {}]


def test_errors_and_warnings_at_the_decorator() -> None:
    with pytest.raises(InvalidArgumentError, match=r"so its default must be None\. Use ds=None"):

        @task
        def default(ds: str = "2026-01-01") -> None: ...

    said = r'Airflow 3 has no execution_date in its context, .* Set airflow_version="2"'
    with pytest.warns(UnsupportedFeatureWarning, match=said) as found:

        @task
        def older(execution_date: Any = None) -> None: ...

    assert found[0].filename == __file__

    @task(airflow_version="2")
    def of_2(execution_date: Any = None, **context: Any) -> bool:
        return bool(execution_date == context["logical_date"]) and len(context["next_ds"]) == len("2026-01-01")

    @flow
    def etl() -> bool:
        return of_2()

    assert etl()
