"""The fixtures that pytest finds by itself. Nothing is imported, changed or started until a test asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .._context.mapping import Context
    from .fake_connections import FakeConnections
    from .fake_pools import FakePools
    from .fake_variables import FakeVariables


@pytest.fixture
def airflow_connections() -> Iterator[FakeConnections]:
    """Connections of this test alone, none at first: `airflow_connections.update({"shop_db": "postgres://..."})`."""
    from .fake_connections import FakeConnections

    with FakeConnections({}) as fake:
        yield fake


@pytest.fixture
def airflow_variables() -> Iterator[FakeVariables]:
    """Variables of this test alone, none at first: `airflow_variables.update({"target": "staging"})`."""
    from .fake_variables import FakeVariables

    with FakeVariables({}) as fake:
        yield fake


@pytest.fixture
def airflow_pools() -> Iterator[FakePools]:
    """Pools of this test alone, none at first: `airflow_pools.update({"warehouse": 2})`."""
    from .fake_pools import FakePools

    with FakePools({}) as fake:
        yield fake


@pytest.fixture
def airflow_context() -> Callable[..., Context]:
    """Makes contexts: `alert(airflow_context(task_id="load", exception=ValueError("no rows")))`."""
    from .contexts import make_context

    return make_context


@pytest.fixture(scope="session")
def airflow_compat_server() -> Iterator[str]:
    """A real Prefect server, with a database of its own, for all tests of the session that ask for it; its API's URL.

    Flows run without heartbeats, for whose thread each would wait.
    """
    from .server import temporary_server

    with temporary_server() as url:
        yield url
