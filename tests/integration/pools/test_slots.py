"""Pools with a real server: entering, waiting, and errors in place of endless waits."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FuturesTimeoutError

import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate

from airflow_compat import importing, pool, pools
from airflow_compat._airflow.export_data import Export
from airflow_compat._airflow.pool import Pool
from airflow_compat._prefect.limits import create_limit
from airflow_compat._prefect.specs import LimitSpec
from airflow_compat.errors import InvalidNameError, PoolLeaseLostError, PoolNotReadyError, PoolTimeoutError
from airflow_compat.pools import Hold
from airflow_compat.pools._process_pools import board

pytestmark = pytest.mark.sqlite


@pytest.fixture
def name(unique: str) -> str:
    """A pool with two slots."""
    create_limit(LimitSpec(unique, 2))
    return unique


def held(name: str) -> int:
    with get_client(sync_client=True) as client:
        return client.read_global_concurrency_limit_by_name(name).active_slots


def held_at_last(name: str) -> int:
    """Return the held slots. A busy server releases them a little later."""
    until = time.monotonic() + 240
    while (slots := held(name)) and time.monotonic() < until:
        time.sleep(0.05)
    return slots


def forget_leases(name: str) -> None:
    """Drop the leases, like an administrator or the restart of a server with leases in memory."""
    with get_client(sync_client=True) as client:
        # A server that was busy may still be owed those of a test before.
        for lease in [lease for lease in board().keeper.leases() if lease.limit_name == name]:
            client.release_concurrency_slots_with_lease(lease.id)


def test_slots_are_held_inside_and_free_afterwards(name: str) -> None:
    with pool(name, slots=2) as hold:
        assert (hold.pool, hold.slots) == (name, 2)
        assert held(name) == 2
    assert held(name) == 0
    with pytest.raises(RuntimeError, match="body"), pool(name):
        raise RuntimeError("body")
    assert held(name) == 0


def test_never_more_slots_than_the_pool_has(name: str) -> None:
    inside, most, lock = 0, 0, threading.Lock()
    met = threading.Barrier(2, timeout=240)

    def work(number: int) -> None:
        nonlocal inside, most
        with pool(name):
            with lock:
                inside += 1
                most = max(most, inside)
            # Pairs meet inside: two at once are possible, and the barrier would break if they were not.
            met.wait()
            with lock:
                inside -= 1

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(work, range(6)))
    assert most == 2
    assert held_at_last(name) == 0


def test_a_waiter_gets_in_when_the_holder_leaves(name: str) -> None:
    order: list[str] = []

    def wait() -> None:
        with pool(name, slots=2) as hold:
            order.append("waiter")
            assert hold.waited > 0

    with pool(name):
        waiter = threading.Thread(target=wait)
        waiter.start()
        with ThreadPoolExecutor(1) as thread:
            in_vain = thread.submit(lambda: pool(name, slots=2, timeout=0.2).__enter__())
            with pytest.raises(PoolTimeoutError, match=r"did not give 2 slots within 0\.2 seconds"):
                in_vain.result()
        order.append("holder")
    waiter.join(240)
    assert order == ["holder", "waiter"]


@pytest.mark.parametrize("slots", [0, -1, True, 1.5, "2"])
def test_invalid_slots(slots: int) -> None:
    with pytest.raises(PoolNotReadyError, match="whole number of at least 1"):
        pool("any", slots=slots)


def test_error_shows_a_pool_name_with_half_a_surrogate_pair() -> None:
    with pytest.raises(InvalidNameError, match=r"the id '\\ud800' holds half a surrogate pair"):
        pool("\ud800")
    with pytest.raises(InvalidNameError, match=r"the id '\\ud800' holds half a surrogate pair"):
        pools.read("\ud800")


def test_unusable_pool_error_names_the_fix(unique: str, name: str) -> None:
    with (
        pytest.raises(PoolNotReadyError, match=f"doesn't exist.*prefect gcl create '{unique}_x' --limit 3"),
        pool(f"{unique}_x", slots=3),
    ):
        pass
    with (
        pytest.raises(PoolNotReadyError, match=f"has 2 slots, but 3 .*prefect gcl update '{name}' --limit 3"),
        pool(name, 3),
    ):
        pass
    with get_client(sync_client=True) as client:
        client.create_concurrency_limit(f"{unique}_tag", 1)
    with pytest.raises(PoolNotReadyError, match="task runs with that tag"), pool(f"{unique}_tag"):
        pass


def test_inactive_limit_is_an_error(name: str) -> None:
    refusal = f"inactive.*prefect gcl enable '{name}'"

    def wait() -> None:
        with pool(name):
            raise AssertionError("it was let in")

    with ThreadPoolExecutor(1) as thread:
        with pool(name, slots=2) as hold:
            waiter = thread.submit(wait)
            # Whoever has waited for more than a moment is told of a change meanwhile.
            with pytest.raises(FuturesTimeoutError):
                waiter.result(timeout=1.5)
            with get_client(sync_client=True) as client:
                client.update_global_concurrency_limit(name, GlobalConcurrencyLimitUpdate(active=False))
            hold.check()
        with pytest.raises(PoolNotReadyError, match=refusal):
            waiter.result(timeout=240)
    with pytest.raises(PoolNotReadyError, match=refusal), pool(name):
        pass


def test_waiting_for_own_slots_is_an_immediate_error(name: str) -> None:
    with pool(name), pool(name):
        assert held(name) == 2
        with pytest.raises(PoolNotReadyError, match="wait for itself"), pool(name):
            pass
    assert held(name) == 0


def test_unlimited_pool_never_waits(unique: str) -> None:
    importing.apply(importing.plan(Export(pools=(Pool(unique, -1),))))
    with pool(unique, slots=500) as hold:
        assert hold.slots == 500
        assert held(unique) == 0


def test_lost_lease_raises_on_check_and_at_the_end(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow_compat.pools import _lease_renewer as keeper

    monkeypatch.setattr(keeper, "_RENEW_SECONDS", 0.05)
    noticed = threading.Event()

    class Log(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            # Other threads log, too.
            if "dropped slots" in record.getMessage() and name in record.getMessage():
                noticed.set()

    @pool(name)
    def lose() -> str:
        forget_leases(name)
        assert noticed.wait(240)
        return "done"

    log = Log()
    logging.getLogger("airflow_compat").addHandler(log)
    try:
        with pytest.raises(PoolLeaseLostError, match="dropped its 1 slot "):
            lose()
        assert held(name) == 0
        noticed.clear()
        with pytest.raises(PoolLeaseLostError), pool(name) as hold:
            _lose_in_the_middle(name, hold, noticed)
    finally:
        logging.getLogger("airflow_compat").removeHandler(log)
    assert held(name) == 0


def _lose_in_the_middle(name: str, hold: Hold, noticed: threading.Event) -> None:
    hold.check()
    forget_leases(name)
    assert noticed.wait(240)
    hold.check()
    raise AssertionError("it went on")


def test_async_and_decorated(name: str) -> None:
    async def both() -> list[int]:
        async def one() -> int:
            async with pool(name):
                return held_now(name)

        @pool(name, slots=2)
        async def two() -> int:
            return held_now(name)

        return [await one(), await two()]

    @pool(name, slots=2)
    def plain(value: int) -> int:
        """Documented."""
        return value + held(name)

    assert asyncio.run(both()) == [1, 2]
    assert plain(40) == 42
    assert plain.__doc__ == "Documented."
    assert held(name) == 0


def held_now(name: str) -> int:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(held, name).result()


def test_cancelled_waiter_holds_no_slots(name: str) -> None:
    async def cancel() -> None:
        async with pool(name, slots=2):
            waiter = asyncio.create_task(_enter(name))
            done, _ = await asyncio.wait([waiter], timeout=0.3)
            assert not done
            waiter.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiter

    asyncio.run(cancel())
    # What was asked for it meanwhile may be granted, and goes back.
    assert held_at_last(name) == 0


async def _enter(name: str) -> None:
    async with pool(name):
        pass


def test_the_holder_is_the_run(name: str) -> None:
    seen: list[object] = []

    @task
    def work() -> None:
        with pool(name):
            with get_client(sync_client=True) as client:
                limit = client.read_global_concurrency_limit_by_name(name)
                answer = client.request("GET", f"/v2/concurrency_limits/{limit.id}")
            seen.append(answer.json()["active_slots"])

    @flow
    def outer() -> None:
        work.submit().wait()
        work()

    outer()
    assert seen == [1, 1]
