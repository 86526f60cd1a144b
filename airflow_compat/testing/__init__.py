"""Test helpers for ported code: connections, variables and pools in memory, contexts, and pytest fixtures.

Only `airflow_compat_server` needs a server. pytest finds these fixtures: `airflow_connections`, `airflow_variables` and
`airflow_pools` are empty fakes that are active during the test, `airflow_context` is `make_context`, and
`airflow_compat_server` is a real Prefect server for the session.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._airflow.connection import Connection
from ..context._lazy_dict import Context
from ._connections import FakeConnections
from ._context import FakeContext
from ._make_context import make_context
from ._memory_pool import PoolUse
from ._pools import FakePools
from ._recording_callback import RecordingCallback, complaint, contexts_of, matches
from ._variables import FakeVariables

__all__ = [
    "FakeConnections",
    "FakeContext",
    "FakePools",
    "FakeVariables",
    "PoolUse",
    "RecordingCallback",
    "assert_called_with_context",
    "fake_connections",
    "fake_context",
    "fake_pools",
    "fake_variables",
    "make_context",
]


def fake_connections(connections: Mapping[str, Connection | str | Mapping[str, Any]]) -> FakeConnections:
    """Replace all connections: while the fake is active, `get_connection` and `load_block` find only its connections.

    The server and environment variables are not read. Use the fake as a context manager, as a decorator of functions
    and coroutine functions, or by its methods `start` and `stop`. A nested fake also has the outer fake's connections.
    Threads and asyncio tasks that start while the fake is active use the fake too.

    Args:
        connections: `Connection` objects, URIs, or dicts as in Airflow's export, by id.

    Raises:
        InvalidConnectionError: A connection is invalid; Airflow refuses it, too.
        FakeError: A value is neither a connection, a URI nor a dict.

    Example:
        ```python
        from airflow_compat import get_connection
        from airflow_compat.testing import fake_connections

        with fake_connections({"shop_db": "postgres://etl:secret@db.example.com/shop"}):
            assert get_connection("shop_db").host == "db.example.com"
        ```
    """
    return FakeConnections(connections)


def fake_variables(variables: Mapping[str, Any]) -> FakeVariables:
    """Replace all variables: while the fake is active, `Variable` reads, sets and deletes only the fake's variables.

    Use the fake like `fake_connections`. The fake's attribute `values` has the variables, with changes by the tested
    code.

    Args:
        variables: Text or JSON data by key. A dict with only `description` and `value` is read as an entry of Airflow's
            export.

    Raises:
        FakeError: A value can't be stored as JSON.
        InvalidNameError: A key is empty.
    """
    return FakeVariables(variables)


def fake_pools(pools: Mapping[str, int | Mapping[str, Any]]) -> FakePools:
    """Replace all pools: while the fake is active, `pool` finds only the given pools.

    The pools limit this process's threads and tasks, and serve waiters by priority like real pools. Use the fake like
    `fake_connections`. `uses` has an entry each time slots are taken, and `most_held` returns the most slots held at
    the same time.

    Args:
        pools: The number of slots by pool name, or entries of Airflow's export, `{"slots": 2}`. -1 means no limit.

    Raises:
        FakeError: A number of slots is invalid.
    """
    return FakePools(pools)


def fake_context(context: Context) -> FakeContext:
    """Replace the current context: while the fake is active, `get_current_context` returns `context`.

    The fake also works inside real runs. Use the fake like `fake_connections`. Values that the code pushes are in
    `context["ti"].pushed`.

    Args:
        context: The result of `make_context`.

    Raises:
        FakeError: The argument is not the result of `make_context`.

    Example:
        ```python
        from airflow_compat import get_current_context
        from airflow_compat.testing import fake_context, make_context


        def extract():
            return f"rows of {get_current_context()['ds']}"


        with fake_context(make_context("extract")):
            assert extract() == "rows of 2026-01-01"
        ```
    """
    return FakeContext(context)


def assert_called_with_context(
    callback: Any,
    *,
    task_id: str | None = None,
    dag_id: str | None = None,
    state: str | None = None,
    try_number: int | None = None,
    exception: type[BaseException] | BaseException | str | None = None,
) -> Mapping[str, Any]:
    """Assert that a callback was called at least once with a context that matches all given arguments.

    Args:
        callback: A `RecordingCallback`, or a mock of `unittest.mock`.
        task_id: `ti.task_id`.
        dag_id: `ti.dag_id`.
        state: `ti.state`.
        try_number: `ti.try_number`.
        exception: The exception's class, its text, or an exception of the same class and arguments.

    Returns:
        The context of the last matching call, for further assertions.

    Raises:
        AssertionError: No call matches; the message lists all calls.
        FakeError: The callback does not record calls.
    """
    __tracebackhide__ = True
    described = {
        "task_id": task_id,
        "dag_id": dag_id,
        "state": state,
        "try_number": try_number,
        "exception": exception,
    }
    expected = {name: value for name, value in described.items() if value is not None}
    contexts = contexts_of(callback)
    found: Mapping[str, Any] | None = next(
        (context for context in reversed(contexts) if matches(context, expected)), None
    )
    if found is None:
        raise AssertionError(complaint(contexts, expected))
    return found
