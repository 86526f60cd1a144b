"""Tests against the session's real Prefect server."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import databases
import pytest


@pytest.fixture(autouse=True)
def _server(prefect_server: str) -> None:
    """Every test here needs it."""


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
