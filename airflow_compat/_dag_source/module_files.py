"""The files of the modules that DAG files import, found where Airflow's scheduler would find them."""

# Thousands of names are looked up, and `Path` takes twice the time.
# ruff: noqa: PTH100, PTH112, PTH113, PTH118, PTH120, PTH123

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from .._airflow.source_modules import ModuleFile
from .._airflow.source_text import LONGEST
from ..errors import DagFileError

# Airflow adds these folders of AIRFLOW_HOME to Python's path, beside the DAG folder.
_BESIDE = ("plugins", "config")


class FolderModules:
    """The modules below a DAG folder and beside it.

    Args:
        top: The DAG folder.
    """

    def __init__(self, top: Path) -> None:
        self.given = str(top)
        # Links stay as they are, so `resolve` is no way: a module is beside the file under the folder's own name.
        self.top = os.path.abspath(self.given)
        self._found: dict[tuple[str, str], str | None] = {}

    def find(self, names: tuple[str, ...], level: int, importer: str) -> ModuleFile | None:
        """Return the file that holds the longest part of a dotted name.

        Args:
            names: The parts of the name.
            level: The number of leading dots of a relative import.
            importer: The full path of the file that imports the name.
        """
        folder = os.path.dirname(importer)
        root = os.path.join(folder, *[".."] * (level - 1)) if level else self._root(names[0], folder)
        found = _longest(root, names) if root is not None else None
        if found is None:
            return None
        path = os.path.normpath(found[0])
        shown = os.path.join(self.given, os.path.relpath(path, self.top))
        return ModuleFile(path, os.path.normpath(shown), found[1])

    def read(self, path: str) -> bytes:
        """Return the content of a file.

        Raises:
            DagFileError: The file cannot be read.
        """
        try:
            return read_source(path)
        except OSError as exc:
            raise DagFileError(f"it can't be read ({exc.strerror})") from None

    def _root(self, name: str, folder: str) -> str | None:
        """The folder of Python's path that has a module or a package of this name."""
        key = (name, folder)
        if key not in self._found:
            candidates = (root for root in self._roots(name, folder) if _has_module(f"{root}/{name}"))
            self._found[key] = next(candidates, None)
        return self._found[key]

    def _roots(self, name: str, folder: str) -> Iterator[str]:
        home = Path(self.top).parent
        yield self.top
        yield from (f"{home}/{each}" for each in _BESIDE)
        yield str(home)
        # The DAG folder may be in a package.
        yield from (str(package.parent) for package in (home, *home.parents) if package.name == name)
        # Where PYTHONPATH or `sys.path` names a folder below.
        while folder.startswith(f"{self.top}/"):
            yield folder
            folder = folder.rpartition("/")[0]


def _has_module(base: str) -> bool:
    return os.path.isdir(base) or os.path.isfile(f"{base}.py")


def _longest(root: str, names: tuple[str, ...]) -> tuple[str, int] | None:
    for size in range(len(names), -1, -1):
        base = "/".join((root, *names[:size]))
        for path in (f"{base}/__init__.py", *([f"{base}.py"] if size else ())):
            if os.path.isfile(path):
                return path, size
    return None


def read_source(path: str) -> bytes:
    """Read a Python file of limited size.

    Raises:
        DagFileError: It is no regular file, or too large.
        OSError: It cannot be read.
    """
    # A pipe would never end, and some devices neither.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise DagFileError("it is no regular file; give a Python file")
        if status.st_size > LONGEST:
            raise DagFileError(f"it has {status.st_size:,} bytes, and {LONGEST:,} are read at most; split it")
        return file.read(LONGEST + 1)
