"""The pytest fixtures of this package. Nothing is imported, changed or started until a test asks for a fixture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .context._lazy_dict import Context
    from .testing._connections import FakeConnections
    from .testing._pools import FakePools
    from .testing._variables import FakeVariables


@pytest.fixture
def airflow_connections() -> Iterator[FakeConnections]:
    """Connections for this test, empty at first: `airflow_connections.update({"shop_db": "postgres://..."})`."""
    from .testing._connections import FakeConnections

    with FakeConnections({}) as fake:
        yield fake


@pytest.fixture
def airflow_variables() -> Iterator[FakeVariables]:
    """Variables for this test, empty at first: `airflow_variables.update({"target": "staging"})`."""
    from .testing._variables import FakeVariables

    with FakeVariables({}) as fake:
        yield fake


@pytest.fixture
def airflow_pools() -> Iterator[FakePools]:
    """Pools for this test, empty at first: `airflow_pools.update({"warehouse": 2})`."""
    from .testing._pools import FakePools

    with FakePools({}) as fake:
        yield fake


@pytest.fixture
def airflow_context() -> Callable[..., Context]:
    """Makes contexts: `alert(airflow_context(task_id="load", exception=ValueError("no rows")))`."""
    from .testing._make_context import make_context

    return make_context


@pytest.fixture(scope="session")
def airflow_compat_server() -> Iterator[str]:
    """The API's URL of a real Prefect server with its own database, for all tests of the session that request it.

    Flows run without heartbeats, whose thread would delay the end of each run.
    """
    from .testing._server_process import temporary_server

    with temporary_server() as url:
        yield url
