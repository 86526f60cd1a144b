"""Each way in which a try of an instrumented task ends, as received by a StatsD server."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from metric_receivers import UdpReceiver, udp_receiver
from prefect import flow, task
from prefect.cache_policies import INPUTS, TASK_SOURCE
from prefect.client.schemas.objects import TaskRun
from prefect.states import Cancelled, Completed, Failed

from airflow_compat import metrics, on_retry
from airflow_compat.callbacks import on_success
from airflow_compat.exceptions import AirflowSkipException

OPERATOR = "operator_successes__PythonDecoratedOperator"


@pytest.fixture
def udp() -> Iterator[UdpReceiver]:
    with udp_receiver() as receiver:
        metrics.configure(metrics.StatsD("127.0.0.1", receiver.port, prefix=""), allow_list=["^ti[._]", "^operator"])
        yield receiver
        metrics.shutdown()


def counted(udp: UdpReceiver, dag_id: str) -> dict[str, int]:
    """Return the counters under the legacy names, which contain the task, without the flow's name."""
    assert metrics.flush(60)
    counters: Counter[str] = Counter()
    for line in udp.lines():
        name, _, value = line.partition(":")
        if f".{dag_id}." in name:
            counters[name.replace(f"{dag_id}.", "")] += int(value.partition("|")[0])
    return dict(counters)


def run(unique: str, body: Callable[[], Any]) -> None:
    """Run the body as an instrumented flow."""
    metrics.instrument(flow(name=unique)(body))()


def test_a_result_from_the_cache_sends_nothing(udp: UdpReceiver, unique: str) -> None:
    called = []

    @task(cache_policy=INPUTS, persist_result=True)
    def load(of: str) -> str:
        called.append(of)
        return of

    def body() -> None:
        load(unique)
        assert load(unique, return_state=True).name == "Cached"

    run(unique, body)
    assert called == [unique]
    assert counted(udp, unique) == {"ti.start.load": 1, "ti.finish.load.success": 1}


def test_returned_state_decides_the_result(udp: UdpReceiver, unique: str) -> None:
    tries = []

    @task(retries=1)
    def again() -> object:
        tries.append(1)
        return Failed(message="no") if len(tries) == 1 else Completed()

    @task
    def failed() -> object:
        return Failed(message="no")

    @task
    def skipped() -> object:
        return Completed(name="Skipped")

    @task
    def of_all() -> object:
        return [Completed(), Completed(name="Skipped")]

    @task
    def of_one() -> object:
        return (Completed(), Failed())

    @task
    def cancelled() -> object:
        return Cancelled()

    def body() -> None:
        for each in (again, failed, skipped, of_all, of_one, cancelled):
            each(return_state=True)

    metrics.instrument(flow(name=unique)(body), tasks=[again, failed, skipped, of_all, of_one, cancelled])()
    found = counted(udp, unique)
    assert {name: value for name, value in found.items() if "finish" in name} == {
        "ti.finish.again.up_for_retry": 1,
        "ti.finish.again.success": 1,
        "ti.finish.failed.failed": 1,
        "ti.finish.skipped.skipped": 1,
        "ti.finish.of_all.success": 1,
        "ti.finish.of_one.failed": 1,
    }
    assert [found[f"ti.start.{name}"] for name in ("again", "failed", "cancelled")] == [2, 1, 1]


def test_coroutines_and_generators(udp: UdpReceiver, unique: str) -> None:
    @task
    async def awaited() -> int:
        await asyncio.sleep(0)
        return 1

    @task
    def values() -> Iterator[int]:
        yield 1
        yield 2

    @task
    def broken_values() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    @task
    async def async_values() -> AsyncIterator[int]:
        yield 1
        yield 2

    async def body() -> None:
        assert await awaited() == 1
        assert list(values()) == [1, 2]
        some = values()
        assert next(some) == 1
        some.close()
        assert [value async for value in async_values()] == [1, 2]
        with pytest.raises(ValueError, match="broken"):
            list(broken_values())

    asyncio.run(metrics.instrument(flow(name=unique)(body))())
    assert counted(udp, unique) == {
        "ti.start.awaited": 1,
        "ti.finish.awaited.success": 1,
        "ti.start.values": 2,
        "ti.finish.values.success": 2,
        "ti.start.async_values": 1,
        "ti.finish.async_values.success": 1,
        "ti.start.broken_values": 1,
        "ti.finish.broken_values.failed": 1,
    }


def test_try_with_timeout(udp: UdpReceiver, unique: str) -> None:
    @task(timeout_seconds=0.1)
    def slow() -> None:
        for _ in range(6000):
            time.sleep(0.01)

    @task(timeout_seconds=0.1)
    async def slow_async() -> None:
        await asyncio.sleep(60)

    async def body() -> None:
        await slow_async(return_state=True)
        await asyncio.to_thread(lambda: None)
        slow(return_state=True)

    asyncio.run(metrics.instrument(flow(name=unique)(body))())
    assert counted(udp, unique) == {
        "ti.start.slow": 1,
        "ti.finish.slow.failed": 1,
        "ti.start.slow_async": 1,
        "ti.finish.slow_async.failed": 1,
    }


def test_task_that_fails_before_its_function_is_called(udp: UdpReceiver, unique: str) -> None:
    @task
    def broken() -> None:
        raise ValueError

    @task
    def not_ready(given: object) -> None: ...

    def body() -> None:
        not_ready(broken(return_state=True), return_state=True)

    run(unique, body)
    # What it would have waited for failed: it isn't begun, as in Airflow.
    assert not any("not_ready" in name for name in counted(udp, unique))
    # A run that fails before has begun, as far as counters go.
    not_called = metrics.instrument(task(lambda: None, name="not_called"))
    [hook] = not_called.on_failure_hooks
    hook(not_called, TaskRun(task_key="a", dynamic_key="b"), Failed())
    assert metrics.flush(60)
    sent = udp.lines()
    assert {"ti.start:1|c", "ti.finish:1|c", "ti_failures:1|c"} <= set(sent)


@pytest.mark.parametrize("again", [True, False])
def test_retry_condition_that_returns_an_awaitable(udp: UdpReceiver, *, again: bool) -> None:
    async def asked() -> bool:
        return again

    asking = metrics.instrument(task(lambda: None, name="asking", retry_condition_fn=lambda *_: asked()))
    condition: Any = asking.retry_condition_fn
    # So newer releases of Prefect do.
    assert asyncio.run(condition(asking, TaskRun(task_key="a", dynamic_key="b"), Failed())) is again
    assert metrics.flush(60)
    assert ("ti.finish:1|c" in udp.lines()) is again


def test_unserializable_result_counts_as_one_success(udp: UdpReceiver, unique: str) -> None:
    @task(persist_result=True)
    def load() -> object:
        return (each for each in [1])

    def body() -> None:
        load(return_state=True)

    run(unique, body)
    assert counted(udp, unique) == {"ti.start.load": 1, "ti.finish.load.success": 1}


@pytest.mark.parametrize("is_first", [True, False])
def test_metrics_together_with_callbacks(udp: UdpReceiver, unique: str, *, is_first: bool) -> None:
    told: list[str] = []

    def skipped() -> None:
        raise AirflowSkipException

    tries: list[int] = []

    def again() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError

    def with_both(made: Any, decorator: Any) -> Any:
        return decorator(metrics.instrument(made)) if is_first else metrics.instrument(decorator(made))

    one = with_both(task(skipped), on_success(lambda context: told.append("success")))
    two = with_both(task(again, retries=1), on_retry(lambda context: told.append("retry")))

    def body() -> None:
        assert one(return_state=True).name == "Skipped"
        two()

    run(unique, body)
    assert counted(udp, unique) == {
        "ti.start.skipped": 1,
        "ti.finish.skipped.skipped": 1,
        "ti.start.again": 2,
        "ti.finish.again.up_for_retry": 1,
        "ti.finish.again.success": 1,
    }
    assert told == ["retry"]


def test_callbacks_do_not_change_the_operator_name(udp: UdpReceiver, unique: str) -> None:
    @on_success(lambda context: None)
    @task
    def load() -> None: ...

    def body() -> None:
        load()

    run(unique, body)
    assert metrics.flush(60)
    assert f"{OPERATOR}:1|c" in udp.lines()


def test_copies_are_measured_once(udp: UdpReceiver, unique: str) -> None:
    @task
    def load(number: int) -> int:
        """Load it."""
        return number

    def body() -> None:
        metrics.instrument(load.with_options(name="other"))(1)
        load.map([1, 2]).wait()
        load.submit(3).wait()

    run(unique, body)
    assert counted(udp, unique) == {
        "ti.start.other": 1,
        "ti.finish.other.success": 1,
        "ti.start.load": 3,
        "ti.finish.load.success": 3,
    }


def test_instrumented_function_keeps_its_signature_and_behaviour(udp: UdpReceiver, unique: str) -> None:
    def load(number: int, *, twice: bool = False) -> int:
        """Load it."""
        return number * (2 if twice else 1)

    bare, measured = task(load), metrics.instrument(task(load))

    class Shop:
        @task
        def count(self, number: int) -> int:
            return number

    metrics.instrument(Shop.count)

    def body() -> None:
        assert measured.fn(3, twice=True) == 6
        assert Shop().count(4) == 4

    assert inspect.signature(measured.fn) == inspect.signature(load)
    assert inspect.getsource(measured.fn) == inspect.getsource(load)
    assert (measured.fn.__doc__, measured.fn.__name__) == (load.__doc__, "load")
    copies = bare.with_options(), measured.with_options()
    assert copies[0].task_key == copies[1].task_key == bare.task_key
    assert len({TASK_SOURCE.compute_key(_Context(each), {}, {}) for each in copies}) == 1
    run(unique, body)
    assert counted(udp, unique) == {"ti.start.count": 1, "ti.finish.count.success": 1}


class _Context:
    """The part of a run's context that the policy reads."""

    def __init__(self, of: object) -> None:
        self.task = of
