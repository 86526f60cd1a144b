"""For tests of ported code: connections, variables and pools in memory, contexts, fixtures for pytest.

None of it needs a server, and what doesn't need Prefect doesn't import it. pytest finds the fixtures by itself:
`airflow_connections`, `airflow_variables` and `airflow_pools`, which are empty fakes that are active during the test,
`airflow_context`, which is `make_context`, and `airflow_compat_server`, a real Prefect server for the whole session.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._airflow.connection import Connection
from ._context.mapping import Context
from ._testing.contexts import make_context
from ._testing.fake_connections import FakeConnections
from ._testing.fake_context import FakeContext
from ._testing.fake_pools import FakePools
from ._testing.fake_variables import FakeVariables
from ._testing.memory_pool import PoolUse
from ._testing.recording import RecordingCallback, complaint, contexts_of, matches

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
    """Connections in memory: while this is active, `get_connection` and `load_block` know these and no others.

    No server is asked, and no environment variable. A context manager, a decorator for functions and coroutine
    functions, and, by its `start` and `stop`, something for a `setUp`. One inside of another adds to it, and all is
    undone at its end. Threads and tasks see it that were started while it is active.

    Args:
        connections: By their ids: `Connection` objects, URIs, or dicts as in Airflow's export.

    Raises:
        InvalidConnectionError: Airflow refuses one of them.
        FakeError: A value is something else.

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
    """Variables in memory: while this is active, `Variable` reads, sets and deletes these and no others.

    Used as `fake_connections` is. Its `values` tell what is stored; what the code has set is gone at the end.

    Args:
        variables: By their keys: text, or JSON data, which is stored as an import of it is. A dict of exactly
            `description` and `value` is read as an entry of Airflow's export.

    Raises:
        FakeError: A value is more than JSON can hold.
        InvalidNameError: A key is empty.
    """
    return FakeVariables(variables)


def fake_pools(pools: Mapping[str, int | Mapping[str, Any]]) -> FakePools:
    """Pools in memory: while this is active, `pool` waits for the slots of these, and knows no others.

    They limit the threads and tasks of this process, served as the real ones are, by weight and in order. Used as
    `fake_connections` is. Its `uses` tell who took slots, and `most_held` whether the limit was reached.

    Args:
        pools: By their names: their slots, or what Airflow's export has for them: `{"slots": 2}`. -1 is without limit.

    Raises:
        FakeError: Slots are no whole number.
    """
    return FakePools(pools)


def fake_context(context: Context) -> FakeContext:
    """A context without a run: while this is active, `get_current_context` gives it, also within real runs.

    Used as `fake_connections` is. What the code pushes is in `context["ti"].pushed`.

    Args:
        context: What `make_context` has made.

    Raises:
        FakeError: It is no context.

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
    """Assert that a callback was called at least once with a context as described; what isn't given may be anything.

    Args:
        callback: A `RecordingCallback`, or a mock of `unittest.mock`.
        task_id: `ti.task_id`.
        dag_id: `ti.dag_id`.
        state: `ti.state`.
        try_number: `ti.try_number`.
        exception: Its class, one that is equal in class and arguments, or its text.

    Returns:
        The context of the last such call, for further assertions.

    Raises:
        AssertionError: There was no such call; the message lists those that there were.
        FakeError: The callback records nothing.
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
