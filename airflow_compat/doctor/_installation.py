"""Reads the versions of installed packages. Packages are not imported, because importing a broken package may fail."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version

from ._checks import BOUNDS, Installation


def read_installation() -> Installation:
    return Installation((sys.version_info.major, sys.version_info.minor), {name: _version(name) for name in BOUNDS})


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
