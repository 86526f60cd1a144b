"""Distinguishes installed packages from modules of DAG folders, and finds installed packages that import Airflow."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib import metadata
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from ._finder import _Finder

_NEEDS_AIRFLOW = re.compile(r"^Requires-Dist: apache[-_]airflow\b[^;\n]*$", re.MULTILINE | re.IGNORECASE)
_IMPORTS_AIRFLOW = re.compile(rb"^\s*(from|import)\s+airflow\b", re.MULTILINE)
_INSTALLED = ("site-packages", "dist-packages")
# The maximum number of a package's files that are read to find out whether the package imports Airflow.
_MOST_FILES = 300


def installed_spec(name: str, own_folders: Iterable[str]) -> ModuleSpec | None:
    """Return the spec of an installed package or module; None if it is missing or only in the DAG file's folders.

    The spec of a package without `__init__.py` has no origin.
    """
    own, path = _without(tuple(own_folders), tuple(sys.path))
    known = getattr(sys.modules.get(name), "__spec__", None)
    if isinstance(known, ModuleSpec) and known.origin is not None and not _is_other(known, own):
        return known
    for finder in list(sys.meta_path):
        if isinstance(finder, _Finder) or not hasattr(finder, "find_spec"):
            continue
        try:
            spec = finder.find_spec(name, [*path] if finder is PathFinder else None)
        except (ImportError, AttributeError, ValueError):
            continue
        if spec is not None and not _is_other(spec, own):
            return spec
    return None


def is_for_airflow(name: str, spec: ModuleSpec) -> bool:
    """Return True if an installed package imports Airflow, so that each load of DAG files needs its own copy."""
    if spec.origin is None or not spec.origin.endswith(".py"):
        return False
    if _is_installed(spec.origin):
        return name in _packages_for_airflow()
    return _mentions_airflow(spec.origin)


def folder_of(spec: ModuleSpec) -> str:
    """Return the folder that contains a package or module."""
    origin = Path(spec.origin or "")
    return str(origin.parents[1] if spec.submodule_search_locations else origin.parent)


@lru_cache(maxsize=200)
def _without(own_folders: tuple[str, ...], path: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the real paths of the DAG file's folders, and the entries of `sys.path` without these folders."""
    own = frozenset(map(os.path.realpath, own_folders))
    return own, tuple(entry for entry in path if os.path.realpath(entry or os.curdir) not in own)


def _is_other(spec: ModuleSpec, own: frozenset[str]) -> bool:
    """Return True if the module is in the DAG file's folders, or is a folder outside the installed packages."""
    if spec.origin is None:
        return not any(_is_installed(folder) for folder in spec.submodule_search_locations or ())
    # Finders other than Python's own search also outside the given folders.
    return spec.has_location and os.path.realpath(folder_of(spec)) in own


def _is_installed(path: str) -> bool:
    return any(f"/{each}/" in path for each in _INSTALLED)


@cache
def _packages_for_airflow() -> frozenset[str]:
    return frozenset(top for dist in metadata.distributions() for top in _tops(dist)) - {
        "airflow",
        __package__.partition(".")[0],
    }


def _tops(dist: metadata.Distribution) -> Iterator[str]:
    # Only the metadata before the first empty line is searched, because the description after it can be long.
    head, _, _ = (dist.read_text("METADATA") or "").partition("\n\n")
    if not _NEEDS_AIRFLOW.search(head):
        return
    listed = (dist.read_text("top_level.txt") or "").split()
    yield from listed or {file.parts[0].removesuffix(".py") for file in dist.files or () if file.suffix == ".py"}


@cache
def _mentions_airflow(origin: str) -> bool:
    path = Path(origin)
    files: Iterable[Path] = sorted(path.parent.rglob("*.py"))[:_MOST_FILES] if path.name == "__init__.py" else [path]
    for file in files:
        try:
            if _IMPORTS_AIRFLOW.search(file.read_bytes()):
                return True
        except OSError:
            continue
    return False
