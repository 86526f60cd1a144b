"""Airflow's rules on real runs: which callbacks are called, when and how often."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable
from typing import Any, Literal

import prefect.task_engine
import pytest
from prefect import Flow, Task, flow, task
from prefect.task_runners import ProcessPoolTaskRunner

from airflow_compat import get_current_context, on_execute, on_failure, on_retry, on_skipped, on_success, state_hook
from airflow_compat.errors import InvalidCallbackError
from airflow_compat.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    AirflowTaskTimeout,
)

Event = tuple[str, str, int, str, str]
Version = Literal["2", "3"]
DECORATORS: dict[str, Callable[..., Any]] = {
    "on_execute": on_execute,
    "on_retry": on_retry,
    "on_failure": on_failure,
    "on_success": on_success,
    "on_skipped": on_skipped,
}


class Log:
    """Calls in order: kind, task, try, state, type of the exception."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def callback(self, kind: str) -> Callable[[Any], None]:
        def called(context: Any) -> None:
            ti = context["ti"]
            raised = context.get("exception")
            name = type(raised).__name__ if raised else "-"
            self.events.append((kind, ti.task_id, ti.try_number, ti.state, name))

        return called

    def watch(self, target: Any, *kinds: str, version: Version = "3") -> Any:
        for kind in kinds or DECORATORS:
            target = DECORATORS[kind](self.callback(kind), airflow_version=version)(target)
        return target


@pytest.fixture
def log() -> Log:
    return Log()


def _run(*tasks: Task[..., Any]) -> list[Any]:
    @flow
    def around() -> list[Any]:
        return [each(return_state=True) for each in tasks]

    return [state.name for state in around(return_state=True).result(raise_on_failure=False)]


def _failing(times: int, error: BaseException) -> Callable[[], str]:
    left = [error] * times

    def body() -> str:
        if left:
            raise left.pop()
        return "done"

    return body


def test_each_try_and_its_end(log: Log) -> None:
    flaky = log.watch(task(_failing(1, ValueError("bad")), name="flaky", retries=2))
    assert _run(flaky) == ["Completed"]
    assert log.events == [
        ("on_execute", "flaky", 1, "running", "-"),
        ("on_retry", "flaky", 1, "up_for_retry", "ValueError"),
        ("on_execute", "flaky", 2, "running", "-"),
        ("on_success", "flaky", 2, "success", "-"),
    ]


@pytest.mark.parametrize("delay", [0, 0.01])
def test_exhausted_retries(log: Log, delay: float) -> None:
    failing = log.watch(task(_failing(9, AirflowException("no")), name="failing", retries=1, retry_delay_seconds=delay))
    assert _run(failing) == ["Failed"]
    assert [event[:3] for event in log.events] == [
        ("on_execute", "failing", 1),
        ("on_retry", "failing", 1),
        ("on_execute", "failing", 2),
        ("on_failure", "failing", 2),
    ]


def test_skip_is_not_a_failure_and_is_not_retried(log: Log) -> None:
    skipping = log.watch(task(_failing(9, AirflowSkipException("nothing new")), name="skipping", retries=3))
    assert _run(skipping) == ["Skipped"]
    assert [event[0] for event in log.events] == ["on_execute", "on_skipped"]
    assert log.events[1] == ("on_skipped", "skipping", 1, "skipped", "-")


def test_airflow_2_calls_success_for_a_skip_too(log: Log) -> None:
    skipping = log.watch(
        task(_failing(9, AirflowSkipException), name="skipping"), "on_skipped", "on_success", version="2"
    )
    assert _run(skipping) == ["Skipped"]
    assert [event[0] for event in log.events] == ["on_skipped", "on_success"]


def test_task_after_a_skipped_task_gets_none() -> None:
    @on_failure(print)
    @task(persist_result=True)
    def skipping() -> int:
        raise AirflowSkipException

    @task
    def after(value: int | None) -> int | None:
        return value

    @flow
    def etl() -> int | None:
        return after(skipping.submit())

    assert etl() is None


def test_a_fail_exception_ends_all_tries(log: Log) -> None:
    failing = log.watch(task(_failing(9, AirflowFailException("give up")), name="failing", retries=5))
    assert _run(failing) == ["Failed"]
    assert log.events[1:] == [("on_failure", "failing", 1, "failed", "AirflowFailException")]


def test_airflow_timeout_is_a_prefect_timeout(log: Log) -> None:
    slow = log.watch(task(_failing(9, AirflowTaskTimeout("slow")), name="slow", retries=1))
    assert _run(slow) == ["TimedOut"]
    assert [event[0] for event in log.events] == ["on_execute", "on_retry", "on_execute", "on_failure"]
    assert log.events[-1][-1] == "AirflowTaskTimeout"


def test_a_timeout_of_prefect_s_is_a_failure(log: Log) -> None:
    @task(name="slow", timeout_seconds=0.1)
    async def slow() -> None:
        await asyncio.Event().wait()

    @flow
    async def around() -> None:
        await log.watch(slow, "on_failure")(return_state=True)

    asyncio.run(around())
    (event,) = log.events
    assert event[:4] == ("on_failure", "slow", 1, "failed")
    assert "Timeout" in event[4]


@pytest.mark.parametrize("kind", ["plain", "async", "gives what is awaited"])
def test_retry_condition_of_the_user_still_applies(log: Log, kind: str) -> None:
    def never(task: Any, task_run: Any, state: Any) -> bool:
        return False

    async def never_async(task: Any, task_run: Any, state: Any) -> bool:
        return False

    if kind == "gives what is awaited" and "isawaitable" not in inspect.getsource(prefect.task_engine):
        pytest.skip("this Prefect awaits coroutine functions alone")

    def gives(task: Any, task_run: Any, state: Any) -> Any:
        return never_async(task, task_run, state)

    conditions = {"plain": never, "async": never_async, "gives what is awaited": gives}
    failing = log.watch(task(_failing(9, ValueError()), name="failing", retries=2, retry_condition_fn=conditions[kind]))
    assert _run(failing) == ["Failed"]
    assert [event[0] for event in log.events] == ["on_execute", "on_failure"]


def test_a_callback_that_fails_is_logged_and_the_next_is_called(caplog: pytest.LogCaptureFixture) -> None:
    calls = []

    def broken(context: Any) -> None:
        raise RuntimeError(f"broken on try {context['ti'].try_number}")

    async def awaited(context: Any) -> None:
        await asyncio.sleep(0)
        calls.append(context["ti"].try_number)

    @on_retry([broken, awaited], lambda context: calls.append("last"))
    @task(retries=1)
    def failing() -> None:
        raise ValueError

    with caplog.at_level(logging.ERROR):
        assert _run(failing) == ["Failed"]
    assert calls == [1, "last"]
    assert "broken on try 1" in caplog.text
    assert "Traceback" in caplog.text


def test_mapped_runs_know_their_indexes(log: Log) -> None:
    seen = []

    @on_failure(lambda context: seen.append(("failed", context["ti"].map_index)))
    @on_success(lambda context: seen.append(("succeeded", context["ti"].map_index)))
    @task
    def halve(number: int) -> float:
        return 10 / number

    @flow
    def etl() -> None:
        halve.with_options(name="halved").map([2, 0, 5]).wait()
        halve(1)

    etl()
    assert sorted(seen[:3]) == [("failed", 1), ("succeeded", 0), ("succeeded", 2)]
    assert seen[3:] == [("succeeded", -1)]


def test_the_tries_of_a_flow(log: Log) -> None:
    body = _failing(1, ValueError("first"))

    @flow(name="etl", retries=1)
    def etl() -> str:
        return body()

    log.watch(etl, "on_execute", "on_retry", "on_success", "on_failure")
    assert etl() == "done"
    assert log.events == [
        ("on_execute", "etl", 1, "running", "-"),
        ("on_execute", "etl", 2, "running", "-"),
        ("on_retry", "etl", 1, "up_for_retry", "ValueError"),
        ("on_success", "etl", 2, "success", "-"),
    ]


def test_subflow_run_is_not_a_retry_of_its_parent(log: Log) -> None:
    @flow(name="inner")
    def inner() -> None: ...

    @flow(name="outer")
    def outer() -> None:
        inner()

    log.watch(inner, "on_retry")
    outer()
    assert log.events == []


def test_a_flow_s_success_is_that_of_its_last_task(log: Log) -> None:
    contexts: list[Any] = []

    @task
    def load() -> None: ...

    @on_success(contexts.append)
    @flow
    def etl() -> None:
        load()

    etl()
    (context,) = contexts
    assert context["reason"] == "success"
    assert context["ti"].task_id == "load"
    assert context["ti"].state == context["dag_run"].state == "success"
    assert [ti.task_id for ti in context["dag_run"].get_task_instances(state="success")] == ["load"]
    assert context["dag_run"].get_task_instance("load").try_number == 1
    assert context["dag_run"].get_task_instances(state=["failed"]) == []


def test_state_hook_in_prefects_own_lists(log: Log) -> None:
    hook = state_hook(log.callback("hook"))

    @flow(name="etl", on_failure=[hook], on_crashed=[hook], on_completion=[hook])
    def etl() -> None:
        raise ValueError

    @task(name="load", on_failure=[state_hook(log.callback("task"), "on_failure")])
    def load() -> None:
        raise KeyError

    etl(return_state=True)
    _run(load)
    assert log.events == [
        ("hook", "etl", 1, "failed", "ValueError"),
        ("task", "load", 1, "failed", "KeyError"),
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: on_skipped(print)(flow(lambda: None, name="etl")), "only tasks are skipped"),
        (lambda: state_hook(print, "on_fire"), "one of: on_failure, on_success"),  # type: ignore[arg-type]
        (on_retry, r"on_retry\(\) needs a callback"),
    ],
)
def test_invalid_callback_is_an_error_at_the_declaration(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InvalidCallbackError, match=message):
        make()


def test_decorated_task_is_the_same_object_and_copies_are_independent() -> None:
    calls = []

    @task
    def load(table: str) -> None:
        raise ValueError(table)

    decorated = on_failure(lambda context: calls.append("first"))(load)
    assert decorated is load
    assert isinstance(decorated, Task)
    other = on_failure(lambda context: calls.append("second"))(load.with_options(name="other"))
    _fail(load)
    assert calls == ["first"]
    _fail(other)
    assert calls == ["first", "first", "second"]


def _fail(failing: Task[..., Any]) -> None:
    @flow
    def around() -> None:
        failing("planes", return_state=True)

    around()


def test_task_function_still_works_when_called_directly() -> None:
    @on_failure(print)
    @task
    def skipping() -> None:
        raise AirflowSkipException("as it was")

    with pytest.raises(AirflowSkipException, match="as it was"):
        skipping.fn()

    @on_failure(print)
    @task
    def numbers() -> Any:
        yield 1
        raise AirflowSkipException

    @flow
    def etl() -> list[int]:
        return list(numbers())

    assert etl() == [1]
    assert isinstance(on_failure(print)(etl), Flow)


def test_mapped_runs_in_other_processes_know_their_indexes() -> None:
    @flow(task_runner=ProcessPoolTaskRunner(max_workers=2))
    def etl() -> tuple[list[int], int]:
        runs = number.map(["a", "b", "c"])
        return [run.result() for run in runs], number.submit("d").result()

    assert etl() == ([0, 1, 2], -1)


@on_failure(print)
@task
def number(letter: str) -> int:
    found: int = get_current_context()["ti"].map_index
    return found


def test_airflow_2_calls_on_skipped_before_on_success_in_any_decorator_order(log: Log) -> None:
    skipping = log.watch(
        task(_failing(9, AirflowSkipException), name="skipping"), "on_success", "on_skipped", version="2"
    )
    _run(skipping)
    assert [event[0] for event in log.events] == ["on_skipped", "on_success"]


def test_flow_that_fails_by_task_states_has_their_exception() -> None:
    contexts: list[Any] = []

    @task
    def extract() -> None: ...

    @task
    def load() -> None:
        raise ValueError("no rows")

    @on_failure(contexts.append)
    @flow
    def etl() -> list[Any]:
        return [extract(return_state=True), load(return_state=True)]

    etl(return_state=True)
    (context,) = contexts
    assert isinstance(context["exception"], ValueError)
    assert context["ti"].task_id == "load"
