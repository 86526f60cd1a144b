"""`airflow_compat.testing`'s fakes: ported code sees them while they are active, and nothing remains after."""

from __future__ import annotations

import asyncio
import threading
import time
import unittest
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from airflow_compat import BaseHook, Connection, Variable, aget_connection, get_connection, pool, pools
from airflow_compat.connections._override import CONNECTIONS
from airflow_compat.errors import (
    AirflowCompatError,
    ConnectionNotFoundError,
    FakeError,
    InvalidConnectionError,
    PoolNotReadyError,
    PoolTimeoutError,
    VariableNotFoundError,
)
from airflow_compat.exceptions import AirflowNotFoundException
from airflow_compat.pools._override import POOLS
from airflow_compat.testing import PoolUse, fake_connections, fake_pools, fake_variables
from airflow_compat.variables._override import VARIABLES

URI = "postgres://etl:s3cret@db.example.com:5433/shop"


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    assert (CONNECTIONS.current(), VARIABLES.current(), POOLS.current()) == (None, None, None)


@pytest.mark.parametrize(
    "value",
    [
        URI,
        {"conn_type": "postgres", "login": "etl", "password": "s3cret", "host": "db.example.com", "port": 5433,
         "schema": "shop", "description": "", "extra": ""},
        '{"conn_type": "postgres", "login": "etl", "password": "s3cret", "host": "db.example.com", "port": "5433"}',
        Connection.from_uri(URI, "another_id"),
    ],
    ids=["uri", "export", "json", "object"],
)  # fmt: skip
def test_each_form_of_a_connection_is_read_in_each_way(value: Any) -> None:
    with fake_connections({"shop_db": value}) as fake:
        found = [
            get_connection("shop_db"),
            BaseHook.get_connection("shop_db"),
            Connection.get("shop_db"),
            asyncio.run(aget_connection("shop_db")),
            asyncio.run(Connection.async_get("shop_db")),
        ]
    assert {type(one) for one in found} == {Connection}
    assert {(one.conn_id, one.host, one.port, one.password) for one in found} == {
        ("shop_db", "db.example.com", 5433, "s3cret")
    }
    assert fake.asked == ["shop_db"] * 5


def test_missing_connection_is_named_without_reading_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", URI)
    with fake_connections({"shop_db": URI}) as fake, pytest.raises(ConnectionNotFoundError) as caught:
        get_connection("warehouse")
    assert "'warehouse' isn't among those of fake_connections(), which has shop_db" in str(caught.value)
    assert isinstance(caught.value, AirflowNotFoundException)
    assert "s3cret" not in str(caught.value) + repr(fake)
    assert fake.asked == ["warehouse"]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (5, FakeError),
        ({"conn_typ": "http"}, InvalidConnectionError),
        ("postgres://etl:s3cret@db:port/shop", InvalidConnectionError),
    ],
)
def test_invalid_connection_is_refused_when_it_is_given(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="shop_db") as caught:
        fake_connections({"shop_db": value})
    assert "s3cret" not in str(caught.value)


def test_nested_fake_adds_to_the_outer_one_until_it_ends() -> None:
    @fake_connections({"b": "http://inner-b", "c": "http://inner-c"})
    def fails() -> None:
        assert [get_connection(one).host for one in "abc"] == ["outer-a", "inner-b", "inner-c"]
        raise ZeroDivisionError

    with fake_connections({"a": "http://outer-a", "b": "http://outer-b"}):
        with pytest.raises(ZeroDivisionError):
            fails()
        assert get_connection("b").host == "outer-b"
        with pytest.raises(ConnectionNotFoundError):
            get_connection("c")


def test_items_added_while_active_are_gone_on_the_next_use() -> None:
    fake = fake_connections({})
    fake.update({"a": "http://before"})
    with fake:
        fake.update({"b": "http://meanwhile"})
        assert [get_connection(one).host for one in "ab"] == ["before", "meanwhile"]
    with fake, pytest.raises(ConnectionNotFoundError, match=r"which has a\."):
        get_connection("b")


def test_a_variable_is_read_set_and_deleted_in_memory() -> None:
    given = {
        "target": "staging",
        "limits": {"rows": 5},
        "api_token": "t0ken",
        "named_value": {"value": 2},
        "described": {"value": 1, "description": ""},
    }
    with fake_variables(given) as fake:
        assert Variable.get("target") == "staging"
        assert Variable.get("limits") == '{\n  "rows": 5\n}'
        assert Variable.get("limits", deserialize_json=True) == {"rows": 5}
        assert Variable.get("api_token") == "t0ken"
        assert Variable.get("described") == "1"
        assert Variable.get("named_value", deserialize_json=True) == {"value": 2}
        assert Variable.get("missing", "default") == "default"
        Variable.set("target", 7)
        Variable.set("rows", [1], serialize_json=True)
        Variable.set("long", "x" * 6000)
        assert Variable.setdefault("new", "n") == "n"
        assert Variable.setdefault("new", "m") == "n"
        assert Variable.delete("limits", airflow_version="2") == 1
        assert Variable.delete("limits", airflow_version="2") == 0
        assert len(Variable.get("long")) == 6000
    assert fake.values == {
        "target": "7", "rows": [1], "long": "x" * 6000, "new": "n", "api_token": "t0ken", "described": 1,
        "named_value": {"value": 2},
    }  # fmt: skip
    assert "t0ken" not in repr(fake)


def test_async_variable_functions_see_the_same() -> None:
    async def ported() -> Any:
        await Variable.aset("seen", 3)
        await Variable.adelete("old")
        return await Variable.aget("seen"), await Variable.aget("old", None)

    with fake_variables({"old": "o"}):
        assert asyncio.run(ported()) == ("3", None)


def test_missing_variable_is_named_without_reading_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_TARGET", "production")
    with fake_variables({"other": "o"}):
        with pytest.raises(VariableNotFoundError, match=r"'target' isn't among those of fake_variables\(\).*has other"):
            Variable.get("target")
        assert Variable.get("target", None) is None


def test_a_variable_that_json_cannot_hold_is_refused() -> None:
    with pytest.raises(FakeError, match="'rows' is or contains a set"):
        fake_variables({"rows": {1, 2}})


def test_variables_set_in_a_nested_fake_end_with_it() -> None:
    with fake_variables({"target": "staging"}):
        with fake_variables({}):
            Variable.set("target", "changed")
            Variable.set("new", "n")
        assert (Variable.get("target"), Variable.get("new", None)) == ("staging", None)


def test_pool_limits_threads_and_records_holders() -> None:
    together = threading.Barrier(2)

    def load(number: int) -> int:
        with pool("warehouse", priority_weight=number) as hold:
            # Both slots are taken at once: else this breaks.
            together.wait(10)
            return hold.slots

    with fake_pools({"warehouse": 2}) as fake, ThreadPoolExecutor(4, thread_name_prefix="loader") as threads:
        assert list(threads.map(load, range(4))) == [1] * 4
        assert fake.held("warehouse") == 0
    assert fake.most_held("warehouse") == 2
    assert sorted(use.priority_weight for use in fake.uses) == [0, 1, 2, 3]
    assert {(use.pool, use.slots, use.holder.partition("_")[0]) for use in fake.uses} == {("warehouse", 1, "loader")}


def test_pool_serves_tasks_of_an_event_loop_by_weight() -> None:
    order = []

    async def load(name: str, weight: int, ready: asyncio.Event) -> None:
        await ready.wait()
        async with pool("warehouse", 2, priority_weight=weight):
            order.append(name)

    async def etl(fake: Any) -> None:
        ready = asyncio.Event()
        tasks = [asyncio.create_task(load(n, w, ready), name=n) for n, w in (("low", 1), ("high", 5), ("middle", 3))]
        async with pool("warehouse", slots=2):
            ready.set()
            while pools.read("warehouse")[0].waiting < 3:
                await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    with fake_pools({"warehouse": {"slots": 2, "description": "", "include_deferred": False}}) as fake:
        asyncio.run(etl(fake))
    assert order == ["high", "middle", "low"]
    assert fake.uses[1:] == [PoolUse("warehouse", 2, w, n) for n, w in (("high", 5), ("middle", 3), ("low", 1))]


def test_uses_are_in_the_order_of_service(monkeypatch: pytest.MonkeyPatch) -> None:
    light_is_in = threading.Event()

    def slow_name() -> str:
        # Served first, and slow to wake.
        if threading.current_thread().name == "heavy":
            assert light_is_in.wait(20)
        return threading.current_thread().name

    def load(weight: int) -> None:
        with pool("warehouse", priority_weight=weight):
            if weight == 1:
                light_is_in.set()

    monkeypatch.setattr("airflow_compat.testing._memory_pool._name", slow_name)
    threads = [
        threading.Thread(target=load, args=(weight,), name=name) for name, weight in (("light", 1), ("heavy", 9))
    ]
    with fake_pools({"warehouse": 2}) as fake:
        with pool("warehouse", 2):
            for thread in threads:
                thread.start()
            until = time.monotonic() + 240
            while pools.read("warehouse")[0].waiting < 2:
                assert time.monotonic() < until
        for thread in threads:
            thread.join()
    assert [use.holder for use in fake.uses[1:]] == ["heavy", "light"]


def test_full_pool_times_out_and_the_waiter_leaves_the_queue() -> None:
    def late() -> None:
        with pool("warehouse", timeout=0):
            pass

    async def late_async() -> None:
        async with pool("warehouse", timeout=0.01):
            pass

    async def cancelled() -> None:
        waits = asyncio.create_task(pool("warehouse")(late_async)())
        while not pools.read("warehouse")[0].waiting:
            await asyncio.sleep(0)
        waits.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waits

    with fake_pools({"warehouse": 1}) as fake, ThreadPoolExecutor(1) as other:
        with pool("warehouse"):
            for run in (late, lambda: asyncio.run(late_async())):
                with pytest.raises(PoolTimeoutError, match="1 slot were not free within"):
                    other.submit(_copied(run)).result()
            other.submit(_copied(lambda: asyncio.run(cancelled()))).result()
            (state,) = pools.read()
            assert (state.name, state.slots, state.held, state.waiting) == ("warehouse", 1, 1, 0)
        late()
        assert fake.held("warehouse") == 0
    assert len(fake.uses) == 2


def test_request_for_more_slots_than_the_pool_has_is_an_error() -> None:
    with fake_pools({"small": 1, "free": -1}) as fake:
        with (
            pytest.raises(PoolNotReadyError, match=r"2 slots are requested, but fake_pools\(\) gives the pool 1"),
            pool("small", 2),
        ):
            pass
        with pool("small"), pytest.raises(PoolNotReadyError, match="would wait for itself"), pool("small"):
            pass
        with pytest.raises(PoolNotReadyError, match=r"'default_pool' isn't among .* has free, small"), pool(None):
            pass
        with pytest.raises(PoolNotReadyError, match="'other'"):
            pools.read("other")
        with pool("free", 500), pool("free", 500):
            assert fake.held("free") == 1000


@pytest.mark.parametrize("slots", [True, "2", -2, None, {"description": "no slots"}])
def test_invalid_slots_are_refused(slots: Any) -> None:
    with pytest.raises(FakeError, match="slots of 'warehouse'"):
        fake_pools({"warehouse": slots})


def test_pool_of_the_outer_fake_keeps_its_taken_slots() -> None:
    with fake_pools({"warehouse": 1}), pool("warehouse"), fake_pools({"other": 1}):
        with pytest.raises(PoolNotReadyError, match="already holds 1"), pool("warehouse"):
            pass
        with pool("other"):
            pass


def test_timed_out_waiter_lets_the_next_ones_pass() -> None:
    behind = threading.Event()

    def wants_all() -> None:
        with pytest.raises(PoolTimeoutError), pool("warehouse", 2, timeout=0.3):
            pass

    def wants_one() -> None:
        with pool("warehouse"):
            behind.set()

    with fake_pools({"warehouse": 2}) as fake, ThreadPoolExecutor(2) as others, pool("warehouse"):
        first = others.submit(wants_all)
        while not pools.read("warehouse")[0].waiting and not first.done():
            pass
        others.submit(wants_one)
        assert behind.wait(10), "it waits behind somebody who has left"
        first.result()
    assert [use.slots for use in fake.uses] == [1, 1]


def test_reused_pool_starts_with_all_slots_free() -> None:
    fake = fake_pools({"warehouse": 2})
    with fake:
        with pool("warehouse", 2):
            pass
        with pool("warehouse"):
            pass
        assert (fake.most_held("warehouse"), len(fake.uses)) == (2, 2)
    with fake:
        assert (fake.most_held("warehouse"), fake.uses) == (0, [])


def test_as_a_decorator_each_call_has_its_own_fake() -> None:
    @fake_variables({"count": "0"})
    def plain() -> Any:
        Variable.set("count", int(Variable.get("count")) + 1)
        return Variable.get("count")

    @fake_variables({"count": "0"})
    async def coroutine() -> Any:
        count = int(await Variable.aget("count"))
        await asyncio.sleep(0)
        await Variable.aset("count", count + 1)
        return await Variable.aget("count")

    @fake_variables({"count": "0"})
    def generator() -> Iterator[Any]:
        yield Variable.get("count")

    @fake_variables({"count": "0"})
    def recursive(depth: int) -> Any:
        Variable.set("count", depth)
        return [Variable.get("count"), *(recursive(depth - 1) if depth else []), Variable.get("count")]

    async def both() -> list[Any]:
        return await asyncio.gather(coroutine(), coroutine())

    assert (plain(), plain()) == ("1", "1")
    assert asyncio.run(both()) == ["1", "1"]
    assert list(generator()) == ["0"]
    assert recursive(1) == ["1", "0", "0", "1"]
    assert plain.__name__ == "plain"


def test_objects_that_it_cannot_decorate_are_refused() -> None:
    async def stream() -> Any:
        yield 1

    for target in (unittest.TestCase, stream, "load"):
        with pytest.raises(FakeError, match="decorates functions"):
            fake_connections({})(target)


def test_in_a_unittest_by_start_and_stop() -> None:
    class Ported(unittest.TestCase):
        def setUp(self) -> None:
            fake = fake_connections({"shop_db": URI}).start()
            self.addCleanup(fake.stop)

        def test_passes(self) -> None:
            assert get_connection("shop_db").schema == "shop"

        def test_fails(self) -> None:
            raise ZeroDivisionError

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Ported).run(result)
    assert (result.testsRun, len(result.failures), len(result.errors)) == (2, 0, 1)


def test_in_a_unittest_of_coroutines() -> None:
    class Ported(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self) -> None:
            fake = fake_connections({"shop_db": URI}).start()
            self.addCleanup(fake.stop)

        async def test_passes(self) -> None:
            assert (await aget_connection("shop_db")).schema == "shop"

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Ported).run(result)
    assert (result.testsRun, result.failures, result.errors) == (1, [], [])


def test_second_start_is_an_error() -> None:
    with fake_connections({}) as fake, pytest.raises(FakeError, match="active already"):
        fake.start()
    fake.stop()
    with fake:
        assert fake.asked == []


def test_concurrent_threads_and_tasks_see_their_own_fakes() -> None:
    together = threading.Barrier(2)

    def in_thread(host: str) -> Any:
        with fake_connections({"db": f"http://{host}"}):
            together.wait(10)
            found = get_connection("db").host
            together.wait(10)
            return found

    async def in_task(host: str) -> Any:
        with fake_connections({"db": f"http://{host}"}):
            await asyncio.sleep(0)
            return (await aget_connection("db")).host

    async def tasks() -> list[Any]:
        return await asyncio.gather(in_task("c"), in_task("d"))

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(in_thread, "ab")) == ["a", "b"]
    assert asyncio.run(tasks()) == ["c", "d"]


def test_bare_thread_sees_the_fake() -> None:
    found: list[Any] = []

    def ported() -> None:
        try:
            found.append(get_connection("db").host)
            get_connection("other")
        except AirflowCompatError as exc:
            found.append(type(exc))

    with fake_connections({"db": "http://faked"}):
        thread = threading.Thread(target=ported)
        thread.start()
        thread.join()
    assert found == ["faked", ConnectionNotFoundError]


def test_task_that_outlives_a_fake_no_longer_sees_it() -> None:
    async def later(over: asyncio.Event) -> Any:
        await over.wait()
        return get_connection("db").host

    async def ported() -> Any:
        over = asyncio.Event()
        with fake_connections({"db": "http://over"}):
            task = asyncio.create_task(later(over))
            await asyncio.sleep(0)
        with fake_connections({"db": "http://next"}):
            over.set()
            return await task

    assert asyncio.run(ported()) == "next"


def _copied(function: Callable[[], Any]) -> Callable[[], Any]:
    """Run a function in another thread with this thread's context."""
    import contextvars

    context = contextvars.copy_context()
    return lambda: context.run(function)


def test_a_generator_under_a_pool_holds_the_slots_until_its_end() -> None:
    @pool("warehouse", 2)
    def rows() -> Iterator[int]:
        yield fake.held("warehouse")

    with fake_pools({"warehouse": 2}) as fake:
        assert list(rows()) == [2]
        assert fake.held("warehouse") == 0
