"""Find the Python files below folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from .._dag_source.files import path_of
from ..errors import DagFileError

_SKIPPED = frozenset(("__pycache__", "node_modules", "site-packages"))


def python_files(paths: Iterable[str | os.PathLike[str]]) -> Iterator[Path]:
    """Yield the given files, and the Python files below the given folders, each once.

    Hidden folders, virtual environments and links to folders are left out. `.airflowignore` is not applied: it often
    excludes modules that DAG files import, and these must be ported too.

    Raises:
        DagFileError: A path doesn't exist.
    """
    seen: set[str] = set()
    for given in paths:
        path = path_of(given)
        if not path.exists():
            raise DagFileError(f"{path}: no such file or folder. Pass the folder of the DAG files")
        for each in _below(path) if path.is_dir() else (path,):
            real = os.path.realpath(each)
            if real not in seen:
                seen.add(real)
                yield each


def _below(top: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(
            name
            for name in folders
            if name not in _SKIPPED and not name.startswith(".") and not Path(folder, name, "pyvenv.cfg").exists()
        )
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(".py"))
