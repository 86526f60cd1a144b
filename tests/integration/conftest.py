"""Tests against the session's real Prefect server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import databases
import pytest

if TYPE_CHECKING:
    from own_server import OwnServer


@pytest.fixture(autouse=True)
def _server(prefect_server: str) -> None:
    """Every test here needs it."""


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[OwnServer]:
    """A server that the test uses in place of the session's, and can kill and restart. Its leases outlive a restart."""
    from own_server import OwnServer, running

    with running(OwnServer(tmp_path / "server", leases="filesystem")) as server:
        yield server


@pytest.fixture
def unique() -> str:
    """A prefix that no other test uses, because tests share one server."""
    return f"t{uuid4().hex[:8]}"


@pytest.fixture
def export(tmp_path: Path) -> Callable[[str, object], Path]:
    """Writes an export file: `export("connections.json", {...})`."""

    def write(name: str, content: object) -> Path:
        path = tmp_path / name
        path.write_text(json.dumps(content))
        return path

    return write


@pytest.fixture(scope="session")
def postgres() -> dict[str, str]:
    """Connection parameters of a real PostgreSQL."""
    import psycopg2

    with closing(psycopg2.connect(databases.postgres().get_uri())) as connection:
        return connection.get_dsn_parameters()
