"""Find and compile the modules of a folder or zip file, without Python's own finders."""

# `pathlib` is half as fast as `os.path`, and thousands of names are looked up.
# ruff: noqa: PTH112, PTH113, PTH118

from __future__ import annotations

import os
import time
import warnings
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

from .._dag_source.module_files import read_source
from .._dag_source.syntax import LONGEST, may_hold_dags, parse_source
from ..errors import DagFileError

# Python's cache stores a file's time in whole seconds, so it misses a second change within the same second. The code of
# a file that was changed in the last `_RECENT` seconds is therefore not cached.
_RECENT = 3.0


@dataclass(frozen=True)
class ModuleSource:
    """Where a module's code was found.

    Attributes:
        path: The file; None for a folder without `__init__.py`.
        folders: The folders of the submodules; empty for a module that is not a package.
    """

    path: str | None
    folders: tuple[str, ...] = ()


def find_module(folders: tuple[str, ...], name: str) -> ModuleSource | None:
    """Return the module with this name, without dots, from the first folder that contains the module.

    If no folder contains a module with this name, folders of this name without `__init__.py` form one package.
    """
    portions = []
    for folder in folders:
        base = os.path.join(folder, name)
        if _is_file(f"{base}/__init__.py"):
            return ModuleSource(f"{base}/__init__.py", (base,))
        if _is_file(f"{base}.py"):
            return ModuleSource(f"{base}.py")
        if os.path.isdir(base):
            portions.append(base)
    return ModuleSource(None, tuple(portions)) if portions else None


def compiled(path: str) -> CodeType:
    """Return the compiled code of a file.

    Raises:
        DagFileError: The file can't be read, or it has a syntax error.
    """
    archive = _archive_of(path)
    if archive:
        return _compile(path, _read_member(archive, path))
    try:
        status = Path(path).stat()
        return _compiled_file(path, status.st_mtime_ns, status.st_size)
    except OSError as exc:
        raise DagFileError(f"the file can't be read ({exc.strerror})") from None


@lru_cache(maxsize=2000)
def _compiled_file(path: str, changed: int, size: int) -> CodeType:  # noqa: ARG001 - they are the key of the cache
    if abs(time.time() - changed / 1e9) < _RECENT:
        return _compile(path, read_source(path))
    code = _CachedLoader("", path).get_code("")
    assert code is not None
    return code


class _CachedLoader(SourceFileLoader):
    """Reads and writes the files in `__pycache__`, as Python does for its imports."""

    def get_data(self, path: str) -> bytes:
        return read_source(path) if path == self.path else super().get_data(path)

    # In the type stubs, the method is static and has no `_optimize`, but Python calls the method with `_optimize`.
    def source_to_code(  # type: ignore[override]
        self, data: Any, path: Any, *, _optimize: int = -1
    ) -> CodeType:
        return _compile(path, data)


def _compile(path: str, data: bytes) -> CodeType:
    with warnings.catch_warnings():
        # Warnings about invalid escape sequences in the user's file are not relevant here.
        warnings.simplefilter("ignore")
        try:
            return compile(data, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
            # `parse_source` raises an error whose message names the cause without quoting the code.
            parse_source(data)
            raise DagFileError(f"Python can't compile the file ({type(exc).__name__})") from None


def zipped_modules(archive: Path) -> list[str]:
    """Return the paths of top-level modules in a zip file that may hold DAGs; empty if the zip file can't be read."""
    names = sorted(name for name in _members(str(archive.absolute())) if name.endswith(".py") and "/" not in name)
    paths = [f"{archive.absolute()}/{name}" for name in names if name != "__init__.py"]
    return [path for path in paths if _may_hold_dags(path)]


def _may_hold_dags(path: str) -> bool:
    try:
        return may_hold_dags(_read_member(path.rpartition("/")[0], path))
    except DagFileError:
        # The error is reported when the file is loaded.
        return True


def _is_file(path: str) -> bool:
    archive = _archive_of(path)
    return path[len(archive) + 1 :] in _members(archive) if archive else os.path.isfile(path)


def _archive_of(path: str) -> str | None:
    """Return the zip file that contains the file at this path."""
    if ".zip/" not in path:
        return None
    before, _, _ = path.partition(".zip/")
    return f"{before}.zip" if zipfile.is_zipfile(f"{before}.zip") else None


def _members(archive: str) -> frozenset[str]:
    try:
        return _listed(archive, Path(archive).stat().st_mtime_ns)
    except (OSError, zipfile.BadZipFile):
        return frozenset()


@lru_cache(maxsize=100)
def _listed(archive: str, changed: int) -> frozenset[str]:  # noqa: ARG001 - it is the key of the cache
    with zipfile.ZipFile(archive) as held:
        return frozenset(held.namelist())


def _read_member(archive: str, path: str) -> bytes:
    name = path[len(archive) + 1 :]
    try:
        with zipfile.ZipFile(archive) as held, held.open(name) as member:
            data = member.read(LONGEST + 1)
    except (OSError, KeyError, RuntimeError, zipfile.BadZipFile) as exc:
        raise DagFileError(
            f"the module can't be read from the zip file ({type(exc).__name__}); create the zip file again"
        ) from None
    if len(data) > LONGEST:
        raise DagFileError(f"the file has more than {LONGEST:,} bytes; split the file")
    return data
