"""What is installed here; read without importing any of it, since what is looked for may be what doesn't import."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version

from .._specs.health import BOUNDS, Installation


def read_installation() -> Installation:
    """The interpreter, and the packages that matter."""
    return Installation((sys.version_info.major, sys.version_info.minor), {name: _version(name) for name in BOUNDS})


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
