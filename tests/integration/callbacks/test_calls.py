"""Callbacks on real runs: when they are called, and with which context."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any
from uuid import UUID

import pendulum
import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.runtime import flow_run

from airflow_compat import on_failure
from airflow_compat.errors import InvalidCallbackError, UnsupportedFeatureError
from airflow_compat.exceptions import RebuiltException


@pytest.fixture
def calls() -> list[Any]:
    """The contexts that callbacks were called with."""
    return []


def _run(failing: Any) -> None:
    @flow
    def around() -> None:
        failing(return_state=True)

    around()


def test_failure_callback_is_called_once_after_the_last_try(calls: list[Any]) -> None:
    @on_failure(calls.append)
    @task(retries=2, retry_delay_seconds=0)
    def load(table: str) -> None:
        raise ValueError(f"no {table}")

    ids: list[str] = []

    @flow
    def etl(day: str = "today") -> None:
        ids.append(flow_run.id)
        load("planes")

    with pytest.raises(ValueError, match="no planes") as raised:
        etl("monday")
    (context,) = calls
    ti, dag_run = context["ti"], context["dag_run"]
    assert ti is context["task_instance"]
    assert (ti.task_id, ti.dag_id, ti.state, ti.try_number, ti.max_tries) == ("load", "etl", "failed", 3, 2)
    assert ti.duration == (ti.end_date - ti.start_date).total_seconds() >= 0
    assert context["exception"] is raised.value
    assert context["exception"].__traceback__ is not None
    assert (context["dag"].dag_id, context["task"].task_id, context["task"].retries) == ("etl", "load", 2)
    assert context["params"] == dag_run.conf == {"day": "monday"}
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(UUID(ids[0]))
    moment = datetime.fromisoformat(run.expected_start_time.isoformat())
    assert context["logical_date"] == dag_run.logical_date == moment
    assert isinstance(context["logical_date"], pendulum.DateTime)
    assert context["ds"] == f"{moment:%Y-%m-%d}"
    assert context["ts"] == moment.astimezone(timezone.utc).isoformat()
    assert context["run_id"] == ti.run_id == dag_run.run_id == f"manual__{context['ts']}"


def test_the_log_url_is_the_task_run_s_page(calls: list[Any], prefect_server: str) -> None:
    @on_failure(calls.append)
    @task
    def load() -> None:
        raise ValueError

    _run(load)
    page, _, id_ = calls[0]["ti"].log_url.rpartition("/")
    assert page == prefect_server.removesuffix("/api") + "/runs/task-run"
    assert len(id_) == 36


def test_not_called_for_success(calls: list[Any]) -> None:
    tries = []

    @on_failure(calls.append)
    @task(retries=1, retry_delay_seconds=0)
    def flaky() -> int:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError
        return 1

    @on_failure(calls.append)
    @flow
    def etl() -> int:
        return flaky()

    assert etl() == 1
    assert len(tries) == 2
    assert calls == []


def test_flow_context_describes_the_task_that_failed_last(calls: list[Any]) -> None:
    @task
    def extract() -> None:
        raise KeyError("first")

    @task(name="Load it", task_run_name="custom")
    def load() -> None:
        raise ValueError("second")

    @on_failure(calls.append)
    @flow
    def etl() -> None:
        extract(return_state=True)
        load.submit().result()

    with pytest.raises(ValueError, match="second") as raised:
        etl()
    (context,) = calls
    assert context["ti"].task_id == context["task"].task_id == "Load it"
    assert "/runs/task-run/" in context["ti"].log_url
    assert context["exception"] is raised.value
    assert context["reason"] == "task_failure"


def test_server_finds_a_failed_task_whose_exception_did_not_reach_the_flow(calls: list[Any]) -> None:
    @task
    def load() -> None:
        raise ValueError

    @on_failure(calls.append)
    @flow
    def etl() -> object:
        return load(return_state=True)

    etl(return_state=True)
    assert calls[0]["ti"].task_id == "load"
    assert calls[0]["ti"].state == "failed"


def test_flow_whose_own_code_fails_takes_the_place_of_the_task(calls: list[Any]) -> None:
    @on_failure(calls.append)
    @flow
    async def etl() -> None:
        raise RuntimeError("body")

    with pytest.raises(RuntimeError, match="body"):
        asyncio.run(etl())
    (context,) = calls
    assert context["ti"].task_id == "etl"
    assert "/runs/flow-run/" in context["ti"].log_url
    assert isinstance(context["exception"], RuntimeError)


def test_a_timeout_is_a_failure_of_the_flow(calls: list[Any]) -> None:
    @on_failure(calls.append)
    @flow(timeout_seconds=0.2)
    async def slow() -> None:
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        asyncio.run(slow())
    assert [context["reason"] for context in calls] == ["timed_out"]


def test_callbacks_run_in_order_even_if_one_fails(calls: list[Any]) -> None:
    def broken(context: Any) -> None:
        calls.append("broken")
        raise RuntimeError("callback")

    async def awaited(context: Any) -> None:
        await asyncio.sleep(0)
        calls.append(f"awaited {context['ti'].task_id}")

    class Notifier:
        def __call__(self, context: Any) -> None:
            calls.append(f"notifier {context['ti'].task_id}")

        def bound(self, context: Any) -> None:
            calls.append("bound")

    def partial(word: str, context: Any) -> None:
        calls.append(word)

    @on_failure([broken, awaited], Notifier(), Notifier().bound, functools.partial(partial, "partial"))
    @task
    def load() -> None:
        raise ValueError("task")

    @flow
    def etl() -> None:
        load()

    with pytest.raises(ValueError, match="task"):
        etl()
    assert calls == ["broken", "awaited load", "notifier load", "bound", "partial"]


def test_the_context_behaves_as_a_dict(calls: list[Any]) -> None:
    @on_failure(calls.append)
    @task
    def load() -> None:
        raise ValueError("bad")

    _run(load)
    (context,) = calls
    assert isinstance(context, dict)
    as_dict = dict(context)
    assert as_dict["ti"].task_id == "load"
    assert _keywords(**context) == as_dict == dict(context.items())
    assert json.loads(json.dumps(context, default=str))["ds"] == context["ds"]
    assert "ti" in context
    assert context.get("nobody_knows_this", 5) == 5
    with pytest.raises(KeyError):
        context["nobody_knows_this"]
    context["mine"] = 1
    assert context["mine"] == 1
    assert context.get("reason") is None
    for missing in (lambda: context["reason"], lambda: context["ti"].pool_slots):
        with pytest.raises(UnsupportedFeatureError, match="what-does-not-map"):
            missing()
    with pytest.raises(UnsupportedFeatureError, match='airflow_version="2"'):
        context.get("next_ds")


@pytest.mark.filterwarnings("ignore:Logger .* attempted to send logs:UserWarning")
def test_a_task_outside_a_flow(calls: list[Any]) -> None:
    @on_failure(calls.append)
    @task
    def alone() -> None:
        raise ValueError("alone")

    with pytest.raises(ValueError, match="alone"):
        alone()
    (context,) = calls
    assert context["ti"].task_id == "alone"
    assert context["ds"] == f"{context['logical_date']:%Y-%m-%d}"
    with pytest.raises(UnsupportedFeatureError, match="outside a flow"):
        context["run_id"]


def test_hooks_can_be_called_by_keyword_as_a_worker_does(calls: list[Any]) -> None:
    @on_failure(calls.append)
    @flow
    def etl() -> None: ...

    from prefect.client.schemas.objects import FlowRun
    from prefect.states import Crashed

    (hook,) = etl.on_crashed_hooks
    hook(flow=etl, flow_run=FlowRun(flow_id="00000000-0000-0000-0000-000000000000"), state=Crashed(message="killed"))
    assert isinstance(calls[0]["exception"], RebuiltException)
    assert str(calls[0]["exception"]) == "killed"
    assert calls[0]["dag"].dag_id == "etl"


def _keywords(**given: Any) -> dict[str, Any]:
    return given


def _no_argument() -> None: ...


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (on_failure, "needs a callback"),
        (lambda: on_failure("alerts.slack"), "can't be called"),
        (lambda: on_failure(_no_argument), r"_no_argument\(context\)"),
        (lambda: on_failure(print)(_no_argument), "above @flow or @task"),
        (lambda: on_failure(flow(_no_argument, name="x")), "can't be called with one argument, the context"),
    ],
)
def test_invalid_callback_is_an_error_at_the_declaration(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InvalidCallbackError, match=message):
        make()
