"""Write DAG folders for tests."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent


def write(top: Path, files: dict[str, str | bytes]) -> Path:
    """Write files by their paths below a project, and return its DAG folder."""
    for name, content in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())
    return top / "dags"
