"""Stand-ins for `airflow.utils.file` and `airflow.utils.hashlib_wrapper`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

__all__ = ["TemporaryDirectory", "md5", "mkdirs"]


def mkdirs(path: str, mode: int) -> None:
    """Make a folder and its parents, if they do not exist."""
    Path(path).mkdir(mode=mode, parents=True, exist_ok=True)


def md5(data: bytes = b"", /) -> Any:
    """Return an MD5 hash, which must not be used for security."""
    return hashlib.md5(data, usedforsecurity=False)
