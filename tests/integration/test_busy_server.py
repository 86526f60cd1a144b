"""A busy server fails no task: `pool()` waits until its own timeout, other calls as long as Prefect's."""

from __future__ import annotations

import asyncio
import contextvars
import importlib
import pkgutil
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from busy_proxy import Busy, BusyProxy, busy_proxy
from patient_client import patient_client
from prefect import flow
from prefect.logging import get_logger
from prefect.runtime import flow_run
from prefect.settings import (
    PREFECT_API_REQUEST_TIMEOUT,
    PREFECT_API_URL,
    PREFECT_CLIENT_MAX_RETRIES,
    temporary_settings,
)
from xcom_runs import elsewhere, xcom_push

import airflow_compat
from airflow_compat import (
    Variable,
    aget_connection,
    artifacts,
    get_connection,
    get_current_context,
    importing,
    load_block,
    pool,
    templates,
)
from airflow_compat._prefect.claims import claimed
from airflow_compat._prefect.limits import create_limit
from airflow_compat._prefect.specs import LimitSpec
from airflow_compat.errors import PoolTimeoutError, ServerError, ServerUnreachableError
from airflow_compat.xcom import pull

# Threads of these tests import no module: pytest parses each one, and Python 3.11 can't do so in two threads at once.
for feature in ("artifacts", "connections", "context", "pools", "templates", "variables", "xcom"):
    for module in pkgutil.iter_modules([f"{airflow_compat.__path__[0]}/{feature}"], f"airflow_compat.{feature}."):
        importlib.import_module(module.name)

# Calls used to give up after 30 s.
LONG = 33.0
LIMITS, INCREMENT, EVENTS = "/concurrency_limits/", "increment-with-lease", "/events/"
ENTER = {"sync": True, "async": False}


@pytest.fixture
def proxy(prefect_server: str) -> Iterator[BusyProxy]:
    with busy_proxy(prefect_server) as proxy:
        yield proxy


@pytest.fixture
def name(unique: str) -> str:
    """A pool with one slot."""
    create_limit(LimitSpec(unique, 1))
    return unique


def enter(name: str, *, sync: bool, **arguments: Any) -> float:
    """Pass through the pool, and return the seconds waited."""
    if sync:
        with pool(name, **arguments) as hold:
            return hold.waited

    async def enter_async() -> float:
        async with pool(name, **arguments) as hold:
            return hold.waited

    return asyncio.run(enter_async())


@contextmanager
def aside() -> Iterator[Callable[..., Future[Any]]]:
    """Calls functions in threads with this thread's settings and run."""
    with ThreadPoolExecutor(32) as threads:
        yield lambda call, *args, **named: threads.submit(contextvars.copy_context().run, call, *args, **named)


def held(name: str) -> int:
    return patient_client().read_global_concurrency_limit_by_name(name).active_slots


def test_no_task_fails_while_the_server_is_busy_for_over_half_a_minute(
    proxy: BusyProxy, unique: str, export: Callable[[str, object], Path], caplog: pytest.LogCaptureFixture
) -> None:
    db, key, other = f"{unique}_db", f"{unique}_key", f"{unique}_other"
    create_limit(LimitSpec(unique, 4))
    files = [
        export("connections.json", {db: {"conn_type": "http", "host": "host"}}),
        export("variables.json", {key: "value", other: "old"}),
    ]
    for file in files:
        assert all(outcome.done for outcome in importing.apply(importing.plan(importing.read(file))))

    def claim() -> bool:
        with claimed(UUID(flow_run.id), "on_failure", 0, unique, get_logger()) as is_to_call:
            return is_to_call

    @flow(name=unique)
    def etl() -> dict[str, Any]:
        context = get_current_context()
        xcom_push("rows", 3)
        run = UUID(flow_run.id)
        calls: dict[str, Callable[[], Any]] = {
            "get_connection": lambda: get_connection(db).host,
            "aget_connection": lambda: asyncio.run(aget_connection(db)).host,
            "load_block": lambda: type(load_block(db)).__name__,
            "Variable.get": lambda: Variable.get(key),
            "Variable.aget": lambda: asyncio.run(Variable.aget(key)),
            "Variable.set": lambda: Variable.set(f"{unique}_new", "new"),
            "Variable.delete": lambda: Variable.delete(other),
            "template": lambda: templates.render(f"{{{{ var.value.{key} }}}} {{{{ conn.{db}.host }}}}", context),
            "context": lambda: context["prev_data_interval_start_success"],
            "xcom": lambda: pull(elsewhere(run, unique), unique, key="rows"),
            "artifact": lambda: artifacts.markdown(unique, "text").key,
            "summary": lambda: artifacts.run_summary().key,
            "claim": claim,
            **{
                f"{how} pool, {timeout}": lambda how=how, timeout=timeout: enter(
                    unique, sync=ENTER[how], timeout=timeout
                )
                for how in ENTER
                for timeout in (None, 120)
            },
        }
        proxy.be_busy("/api/")
        free = threading.Timer(LONG, proxy.be_free)
        with aside() as begin:
            begun = {what: begin(call) for what, call in calls.items()}
            free.start()
        return {what: call.exception() or call.result() for what, call in begun.items()}

    found = etl()

    waits = {what: found.pop(what) for what in list(found) if "pool" in what}
    assert found == {
        "get_connection": "host",
        "aget_connection": "host",
        "load_block": "AirflowConnection",
        "Variable.get": "value",
        "Variable.aget": "value",
        "Variable.set": None,
        "Variable.delete": None,
        "template": "value host",
        "context": None,
        "xcom": 3,
        "artifact": unique,
        "summary": "run-summary",
        "claim": True,
    }
    assert all(wait > LONG - 5 for wait in waits.values()), waits
    assert "did not record this call" not in caplog.text
    assert Variable.get(f"{unique}_new") == "new"


@pytest.mark.parametrize("how", ENTER)
@pytest.mark.parametrize("path", [LIMITS, INCREMENT])
@pytest.mark.parametrize("busy", [408, 429, 504, "told", "hung"])
def test_waiter_without_a_timeout_survives_each_kind_of_busy_server(
    name: str, proxy: BusyProxy, busy: Busy, path: str, how: str
) -> None:
    once = {PREFECT_CLIENT_MAX_RETRIES: 0, PREFECT_API_REQUEST_TIMEOUT: 1}
    proxy.be_busy(path, how=busy)
    with temporary_settings(once), aside() as begin:
        wait = begin(enter, name, sync=ENTER[how])
        proxy.wait_until_asked(3)
        assert not wait.done()
        proxy.be_free()
        assert wait.result(240) > 0


@pytest.mark.parametrize("how", ENTER)
@pytest.mark.parametrize(("busy", "path"), [(503, LIMITS), ("hung", LIMITS), ("hung", INCREMENT)])
def test_waiter_times_out_even_if_the_server_does_not_answer(
    proxy: BusyProxy, name: str, busy: Busy, path: str, how: str
) -> None:
    proxy.be_busy(path, how=busy)
    with aside() as begin:
        wait = begin(enter, name, sync=ENTER[how], timeout=1)
        try:
            with pytest.raises(PoolTimeoutError, match="within 1 seconds; the server was too busy to answer"):
                wait.result(25)
        finally:
            proxy.be_free()


def test_slots_granted_after_the_timeout_are_released(proxy: BusyProxy, name: str) -> None:
    proxy.be_busy(INCREMENT, how="late")
    with pytest.raises(PoolTimeoutError):
        enter(name, sync=True, timeout=0)
    proxy.be_free()
    # A lease would last for a minute.
    assert enter(name, sync=True, timeout=40) < 40
    assert held(name) == 0


def test_waiter_gets_slots_even_if_the_holders_are_unknown(proxy: BusyProxy, name: str) -> None:
    proxy.be_busy(EVENTS, how="hung")
    with aside() as begin:
        with pool(name):
            wait = begin(enter, name, sync=True)
            # The waiter wants to log who holds the slots.
            proxy.wait_until_asked(1)
        try:
            assert wait.result(20) < 25
        finally:
            proxy.be_free()


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_server_that_refuses_is_an_error_at_once(proxy: BusyProxy, name: str, status: int) -> None:
    proxy.be_busy("/api/", how=status)
    for call in (lambda: enter(name, sync=True), lambda: enter(name, sync=False), lambda: Variable.get(name)):
        with pytest.raises(ServerError, match=f"answered {status}"):
            call()


def test_no_server_is_an_error_at_once(name: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/api"
    with temporary_settings({PREFECT_API_URL: url}):
        for call in (lambda: enter(name, sync=True), lambda: enter(name, sync=False), lambda: Variable.get(name)):
            with pytest.raises(ServerUnreachableError, match="can't be reached"):
                call()
