"""What Prefect's engines do around a task's or a flow's function."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from contract import contract
from prefect import Task, flow, get_client, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import TaskRunResult
from prefect.context import FlowRunContext, TaskRunContext
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow
from prefect.states import Failed, Pending

from airflow_compat._prefect.internals import engine

if TYPE_CHECKING:
    from prefect.client.schemas.objects import TaskRun


def _tasks_in(exc: BaseException) -> list[str]:
    traceback, found = exc.__traceback__, []
    while traceback:
        pair = engine.task_in_frame(traceback.tb_frame)
        found += [pair[0].name] if pair and pair[1].state and pair[1].state.is_failed() else []
        traceback = traceback.tb_next
    return found


@contract("engine.task_in_frame")
@pytest.mark.parametrize("kind", ["sync", "async", "generator", "async generator"])
def test_the_traceback_leads_to_the_task(kind: str, prefect_server: str) -> None:
    @task(name="sync")
    def plain() -> None:
        raise RuntimeError

    @task(name="async")
    async def coroutine() -> None:
        raise RuntimeError

    @task(name="generator")
    def generator() -> Any:
        yield 1
        raise RuntimeError

    @task(name="async generator")
    async def async_generator() -> Any:
        yield 1
        raise RuntimeError

    @flow
    async def etl() -> None:
        if kind == "sync":
            plain()
        elif kind == "async":
            await coroutine()
        elif kind == "generator":
            list(generator())
        else:
            async for _ in async_generator():
                pass

    with pytest.raises(RuntimeError) as raised:
        asyncio.run(etl())
    assert set(_tasks_in(raised.value)) == {kind}


def _flow_of(one: Task[..., Any]) -> Any:
    return flow(one, name="etl")


def _wrapped(fn: Any) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return fn(*args, **kwargs)

    wrapper.__wrapped__ = fn
    wrapper.__qualname__ = fn.__qualname__
    engine.identify_as(wrapper, fn)
    return wrapper


@contract("engine.identify_as")
def test_tasks_with_one_wrapper_have_different_keys() -> None:
    def first() -> int:
        return 1

    def second() -> int:
        return 2

    second.__qualname__ = first.__qualname__
    # Twice, since several decorators may be above one task.
    one, other = (Task(_wrapped(_wrapped(fn))) for fn in (first, second))
    assert one.task_key != other.task_key
    assert one.task_key == Task(_wrapped(_wrapped(first))).task_key
    assert one() == 1
    assert other() == 2


@contract("engine.identify_as")
def test_one_wrapper_does_not_share_cached_results(prefect_server: str) -> None:
    from prefect.cache_policies import TASK_SOURCE

    def first() -> int:
        return 1

    def second() -> int:
        return 2

    one, other = (Task(_wrapped(fn), cache_policy=TASK_SOURCE, persist_result=True) for fn in (first, second))

    @flow
    def runs_both() -> list[int]:
        return [one(), other()]

    assert runs_both() == [1, 2]


@contract("engine.replace_class")
def test_a_task_may_become_one_of_a_subclass(prefect_server: str) -> None:
    class Noted(Task[..., Any]):
        def submit(self, *args: Any, **kwargs: Any) -> Any:
            submitted.append(self.name)
            return super().submit(*args, **kwargs)

    submitted: list[str] = []

    @task
    def load(value: int) -> tuple[int, bool]:
        return value, TaskRunContext.get().task is load

    engine.replace_class(load, Noted)
    assert type(load) is Noted

    @flow
    def etl() -> list[Any]:
        return [load(1), load.submit(2).result()]

    assert etl() == [(1, True), (2, True)]
    assert submitted == ["load"]


@contract("engine.replace_function")
def test_the_engine_calls_the_function_that_the_task_has_now(prefect_server: str) -> None:
    @task
    def load(value: int) -> int:
        return value

    inner = load.fn

    def doubled(value: int) -> int:
        return 2 * inner(value)

    engine.replace_function(load, doubled)

    @flow
    def etl() -> list[int]:
        return [load(1), load.submit(2).result(), *(found.result() for found in load.map([3]))]

    assert etl() == [2, 4, 6]


@contract("engine.replace_retry_condition")
@pytest.mark.parametrize("is_async", [False, True], ids=["plain", "async"])
def test_the_condition_is_asked_before_each_further_try(is_async: bool, prefect_server: str) -> None:
    seen: list[tuple[Any, ...]] = []

    @task(retries=2)
    def load() -> None:
        seen.append(("try",))
        raise RuntimeError("no rows")

    def condition(task: Any, run: TaskRun, state: Any) -> bool:
        seen.append(("asked", task is load, run.state.name, run.run_count, repr(state.data)))
        return True

    async def awaited(task: Any, run: TaskRun, state: Any) -> bool:
        return condition(task, run, state)

    engine.replace_retry_condition(load, awaited if is_async else condition)
    assert _flow_of(load)(return_state=True).is_failed()
    assert seen == [
        ("try",),
        ("asked", True, "Running", 1, "RuntimeError('no rows')"),
        ("try",),
        ("asked", True, "Retrying", 2, "RuntimeError('no rows')"),
        ("try",),
    ]


@contract("engine.replace_retry_condition")
def test_a_condition_that_says_no_ends_the_tries(prefect_server: str) -> None:
    tries: list[int] = []

    @task(retries=2)
    def load() -> None:
        tries.append(1)
        raise RuntimeError

    engine.replace_retry_condition(load, lambda task, run, state: False)
    assert _flow_of(load)(return_state=True).is_failed()
    assert len(tries) == 1


@contract("engine.run_that_asks")
def test_the_engine_looks_up_each_delay_in_the_list_itself(prefect_server: str) -> None:
    asked: list[int] = []

    class Delays(list[float]):
        def __getitem__(self, index: Any) -> Any:
            context = engine.run_that_asks(self)
            if context is not None:
                asked.append(context.task_run.run_count)
            return super().__getitem__(index)

    @task(retries=3, retry_delay_seconds=Delays([0.001, 0.001]))
    def load() -> None:
        raise RuntimeError

    assert _flow_of(load)(return_state=True).is_failed()
    assert asked == [1, 2, 3]


@contract("engine.is_further_try", "engine.exception_of_try_before", "engine.number_of_try_that_begins")
@pytest.mark.parametrize("is_async", [False, True], ids=["plain", "async"])
def test_hooks_of_a_further_try_run_in_the_context_of_the_one_before(is_async: bool, prefect_server: str) -> None:
    seen: list[Any] = []

    def on_running(flow: Any, flow_run: Any, state: Any) -> None:
        if engine.is_further_try(flow_run):
            seen.append(("further", flow_run.run_count, repr(engine.exception_of_try_before())))
        else:
            seen.append(("first", engine.number_of_try_that_begins(flow_run)))

    def body() -> None:
        seen.append("body")
        raise RuntimeError("no rows")

    if is_async:

        @flow(retries=1, on_running=[on_running])
        async def etl() -> None:
            body()

        state = asyncio.run(etl(return_state=True))
    else:

        @flow(retries=1, on_running=[on_running])
        def etl() -> None:
            body()

        state = etl(return_state=True)
    assert state.is_failed()
    assert seen == [("first", 1), "body", ("further", 1, "RuntimeError('no rows')"), "body"]


@contract("engine.is_of_try")
def test_a_task_run_knows_the_try_of_its_flow_run(prefect_server: str) -> None:
    runs: list[TaskRun] = []

    @task
    def load() -> None:
        runs.append(TaskRunContext.get().task_run)

    @flow(retries=1)
    def etl() -> None:
        load()
        raise RuntimeError

    assert etl(return_state=True).is_failed()
    assert next([engine.is_of_try(run, number) for number in (1, 2)] for run in runs) == [True, False]
    assert engine.is_of_try(runs[-1], len(runs))


_KILLED = """
import os, signal, time
from prefect import flow, task

@task
def load():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    except BaseException as exc:
        print("raised", type(exc).__name__, flush=True)
        raise

@flow
def etl():
    load()

etl()
"""


@contract("engine.PROCESS_ENDS")
def test_sigterm_is_raised_inside_a_task(prefect_server: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _KILLED], capture_output=True, text=True, check=False, env=os.environ, timeout=120
    )
    raised = [line.split()[1] for line in ended.stdout.splitlines() if line.startswith("raised ")]
    assert raised == [engine.PROCESS_ENDS[0].__name__], ended.stderr
    assert ended.returncode == -signal.SIGTERM


@contract("engine.submit_with_edges")
def test_edges_from_runs_of_any_state_are_drawn_without_a_wait(prefect_server: str) -> None:
    @task
    def bad() -> None:
        raise ValueError

    def seen(request: str) -> Any:
        context = TaskRunContext.get()
        assert context is not None
        return request, context.task_run.task_inputs["request"], context.task_run.id

    below = Task(seen, cache_policy=NO_CACHE)

    @flow
    def etl() -> Any:
        context = FlowRunContext.get()
        assert context is not None
        failed = bad.submit()
        failed.wait()
        inputs = {TaskRunResult(id=failed.task_run_id), TaskRunResult(id=uuid4())}
        future = engine.submit_with_edges(context, below, {"request": "rows"}, inputs)
        return future.task_run_id, inputs, future.result()

    id_, inputs, (request, found, own) = etl()
    assert (id_, request) == (own, "rows")
    assert set(found) == inputs


@contract("engine.quiet_failures")
def test_a_returned_failed_state_is_neither_logged_with_a_traceback_nor_tried_again(
    prefect_server: str, caplog: pytest.LogCaptureFixture
) -> None:
    tries = []

    def bad() -> Any:
        tries.append(1)
        return Failed(message="no rows")

    quiet = Task(bad, cache_policy=NO_CACHE, **engine.quiet_failures())
    loud = Task(bad, cache_policy=NO_CACHE)

    @flow
    def etl() -> Any:
        return [each(return_state=True).name for each in (quiet, loud)]

    logger = logging.getLogger("prefect.task_runs")
    logger.addHandler(caplog.handler)
    try:
        assert etl() == ["Failed", "Failed"]
    finally:
        logger.removeHandler(caplog.handler)
    assert len(tries) == 2
    # A record can reach the handler twice.
    failures = {id(record) for record in caplog.records if "Task run failed with state" in record.getMessage()}
    assert len(failures) == 1


@contract("engine.run_async_with_edges", "engine.one_async_client")
def test_async_task_runs_share_an_event_loop_and_a_client(prefect_server: str) -> None:
    async def wait(request: int) -> Any:
        context = TaskRunContext.get()
        assert context is not None
        await asyncio.sleep(0)
        return request, asyncio.get_running_loop(), get_client(), context.task_run.task_inputs["request"]

    below, source, ids = Task(wait, cache_policy=NO_CACHE), TaskRunResult(id=uuid4()), [uuid4(), uuid4()]

    async def both() -> list[Any]:
        async with engine.one_async_client():
            runs = [engine.run_async_with_edges(below, id_, {"request": n}, [source]) for n, id_ in enumerate(ids)]
            return [state.data.result for state in await asyncio.gather(*runs)]

    @flow
    def etl() -> list[Any]:
        return asyncio.run(both())

    first, second = etl()
    assert (first[0], second[0]) == (0, 1)
    assert first[1] is second[1]
    assert first[2] is second[2]
    assert set(first[3]) == {source}


@contract("engine.run_again")
def test_a_scheduled_run_is_executed_with_its_parameters(prefect_server: str) -> None:
    seen = []

    @flow
    def etl(number: int) -> None:
        seen.append(number)

    with get_client(sync_client=True) as client:
        run = client.create_flow_run(etl, parameters={"number": 7})
        engine.run_again(etl, run)
        assert seen == [7]
        assert client.read_flow_run(run.id).state.is_completed()


@contract("engine.continue_later")
def test_a_run_that_continues_later_gives_back_its_slot(prefect_server: str) -> None:
    @flow
    def waits() -> None:
        engine.continue_later(FlowRunContext.get().flow_run.id, 600)

    with get_client(sync_client=True) as client:
        deployment_id = client.create_deployment(client.create_flow(waits), "limited", concurrency_limit=1)
        first, second = (client.create_flow_run_from_deployment(deployment_id) for _ in range(2))
        assert client.set_flow_run_state(first.id, Pending()).status.value == "ACCEPT"
        assert client.set_flow_run_state(second.id, Pending()).status.value != "ACCEPT"

        with pytest.raises(Pause):
            run_flow(waits, flow_run=client.read_flow_run(first.id), parameters={})

        state = client.read_flow_run(first.id).state
        assert (state.name, state.type.value) == ("AwaitingRetry", "SCHEDULED")
        assert client.set_flow_run_state(second.id, Pending()).status.value == "ACCEPT"
