"""Callbacks of one try share a context, as in Airflow, and their results are run to the end."""

from __future__ import annotations

import pickle
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import cloudpickle
import prefect
import pytest
from prefect import flow, get_run_logger
from prefect.context import TaskRunContext

from airflow_compat import (
    get_current_context,
    on_execute,
    on_failure,
    on_retry,
    on_skipped,
    on_success,
    state_hook,
    task,
)
from airflow_compat.exceptions import AirflowSkipException

Decorator = Callable[..., Any]


def in_flow(made: Any, **options: Any) -> Any:
    """Run a task in a flow and return its result; None if it fails."""

    @flow(name="etl", **options)
    def etl() -> Any:
        state = made(return_state=True)
        return state.result() if state.is_completed() else None

    return etl()


class Marks:
    """Callbacks that mark their context and record the marks they find."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, list[str]]] = []

    def mark(self, name: str) -> Callable[[Any], None]:
        def callback(context: Any) -> None:
            self.seen.append((name, [key for key in context if key.startswith("mark ")]))
            context[f"mark {name}"] = True

        return callback

    def body(self) -> None:
        self.mark("body")(get_current_context())


@pytest.mark.parametrize("of_prefect", [False, True])
def test_all_callbacks_of_a_try_share_one_context(of_prefect: bool) -> None:
    marks, tries = Marks(), []

    def load() -> None:
        marks.body()
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("not yet")

    made: Any = prefect.task(retries=1)(load) if of_prefect else task(retries=1, retry_delay=0)(load)
    for decorator, name in ((on_execute, "execute"), (on_retry, "retry"), (on_success, "success")):
        made = decorator([marks.mark(f"{name} 1"), marks.mark(f"{name} 2")])(made)

    in_flow(made)
    one_try = ["mark execute 1", "mark execute 2", "mark body"]
    assert marks.seen == [
        ("execute 1", []),
        ("execute 2", one_try[:1]),
        ("body", one_try[:2]),
        ("retry 1", one_try),
        ("retry 2", [*one_try, "mark retry 1"]),
        ("execute 1", []),
        ("execute 2", one_try[:1]),
        ("body", one_try[:2]),
        ("success 1", one_try),
        ("success 2", [*one_try, "mark success 1"]),
    ]


def test_state_of_the_run_is_read_again_at_its_end() -> None:
    states = []

    def tell(context: Any) -> None:
        states.append((context["ti"].state, context["task_instance"].state, "exception" in context))

    @on_failure(tell)
    @on_execute(tell)
    @prefect.task
    def load() -> None:
        tell(get_current_context())
        raise ValueError

    in_flow(load)
    assert states == [("running", "running", False)] * 2 + [("failed", "failed", True)]


@pytest.mark.parametrize("decorator", [on_failure, on_success, on_execute])
def test_callbacks_of_a_flow_share_one_context(decorator: Decorator) -> None:
    marks = Marks()

    def etl() -> None:
        if decorator is on_failure:
            raise ValueError

    decorator(marks.mark("1"), marks.mark("2"))(flow(etl))(return_state=True)
    assert marks.seen == [("1", []), ("2", ["mark 1"])]


def test_mapped_runs_and_versions_have_separate_contexts() -> None:
    marks = Marks()

    @on_success(marks.mark("of 2"), airflow_version="2")
    @on_success(marks.mark("1"), marks.mark("2"))
    @prefect.task
    def load(element: int) -> None: ...

    flow(lambda: load.map([1, 2]).wait(), name="etl")()
    assert sorted(marks.seen) == [("1", [])] * 2 + [("2", ["mark 1"])] * 2 + [("of 2", [])] * 2


def test_run_with_contexts_is_unchanged_for_prefect() -> None:
    found = []

    @on_execute(lambda context: context["ti"].state)
    @prefect.task
    def load() -> None:
        run = TaskRunContext.get().task_run  # type: ignore[union-attr]
        get_current_context()["mine"] = lambda: None
        copied = run.model_copy(deep=True)
        assert copied == run
        assert set(run.model_dump()) == set(type(run).model_fields)
        assert pickle.loads(cloudpickle.dumps(run)).id == run.id
        found.append(run)

    in_flow(load)
    assert len(found) == 1


def called_by_a_plain_function(callback: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def call(context: Any) -> Any:
        return callback(context)

    return call


def kinds_of_callbacks(called: list[str]) -> list[Callable[[Any], Any]]:
    """Each callback records the task of its context."""

    def generator(context: Any) -> Iterator[None]:
        called.append("generator")
        yield
        called.append("its end")

    async def coroutine(context: Any) -> None:
        called.append("coroutine")

    async def async_generator(context: Any) -> AsyncIterator[None]:
        called.append("async generator")
        yield
        called.append("its end")

    class Caller:
        def __call__(self, context: Any) -> Iterator[None]:
            called.append("object")
            yield

    return [
        generator,
        coroutine,
        async_generator,
        *map(called_by_a_plain_function, (coroutine, generator, async_generator)),
        Caller(),
    ]


ALL = [
    *("generator", "its end", "coroutine", "async generator", "its end", "coroutine"),
    *("generator", "its end", "async generator", "its end", "object"),
]


@pytest.mark.parametrize("decorator", [on_execute, on_retry, on_failure, on_success, on_skipped])
@pytest.mark.parametrize("is_async", [False, True])
def test_generators_and_coroutines_are_run_to_their_end(decorator: Decorator, is_async: bool) -> None:
    called: list[str] = []

    def end() -> None:
        if decorator is on_skipped:
            raise AirflowSkipException
        if decorator in (on_retry, on_failure):
            raise ValueError

    async def end_later() -> None:
        end()

    made: Any = prefect.task(retries=1 if decorator is on_retry else 0)(end_later if is_async else end)
    made = decorator(kinds_of_callbacks(called))(made)

    async def etl_later() -> None:
        await made(return_state=True)

    def etl() -> None:
        made(return_state=True)

    if is_async:
        import asyncio

        asyncio.run(flow(etl_later)())  # type: ignore[arg-type]
    else:
        flow(etl)()
    assert called == ALL


@pytest.mark.parametrize("decorator", [on_failure, on_success])
def test_generators_and_coroutines_of_a_flow_are_run_to_their_end(decorator: Decorator) -> None:
    called: list[str] = []

    def etl() -> None:
        if decorator is on_failure:
            raise ValueError

    decorator(kinds_of_callbacks(called))(flow(etl))(return_state=True)
    assert called == ALL


def test_generators_as_state_hook_pre_execute_and_post_execute() -> None:
    called: list[str] = []
    generator = kinds_of_callbacks(called)[0]

    def after(context: Any, result: object) -> Iterator[None]:
        yield from generator(context)

    @task(pre_execute=generator, post_execute=after)
    def load() -> None:
        get_run_logger()

    in_flow(load, on_completion=[state_hook(generator, "on_success")])
    assert called == ["generator", "its end"] * 3
