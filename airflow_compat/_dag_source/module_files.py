"""Find the files of modules that DAG files import, where Airflow's scheduler would find them."""

# `pathlib` is half as fast as `os.path`, and thousands of names are looked up.
# ruff: noqa: PTH100, PTH112, PTH113, PTH118, PTH120, PTH123

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from ..errors import DagFileError
from .modules import ModuleFile
from .syntax import LONGEST

# Airflow also adds these folders of AIRFLOW_HOME to Python's path.
_BESIDE = ("plugins", "config")


class FolderModules:
    """The modules in a DAG folder, and those next to the folder."""

    def __init__(self, top: Path) -> None:
        self.given = str(top)
        # `Path.resolve` would follow links, but modules are found by the folder's name as given.
        self.top = os.path.abspath(self.given)
        self._found: dict[tuple[str, str], str | None] = {}

    def find(self, names: tuple[str, ...], level: int, importer: str) -> ModuleFile | None:
        folder = os.path.dirname(importer)
        root = os.path.join(folder, *[".."] * (level - 1)) if level else self._root(names[0], folder)
        found = _longest(root, names) if root is not None else None
        if found is None:
            return None
        path = os.path.normpath(found[0])
        return ModuleFile(path, os.path.normpath(os.path.join(self.given, os.path.relpath(path, self.top))), found[1])

    def read(self, path: str) -> bytes:
        try:
            return read_source(path)
        except OSError as exc:
            raise DagFileError(f"the file can't be read ({exc.strerror})") from None

    def _root(self, name: str, folder: str) -> str | None:
        """Return the first folder of Python's path that contains a module or package of this name."""
        key = (name, folder)
        if key not in self._found:
            bases = ((root, f"{root}/{name}") for root in self._roots(name, folder))
            found = (root for root, base in bases if os.path.isdir(base) or os.path.isfile(f"{base}.py"))
            self._found[key] = next(found, None)
        return self._found[key]

    def _roots(self, name: str, folder: str) -> Iterator[str]:
        home = Path(self.top).parent
        yield self.top
        yield from (f"{home}/{each}" for each in _BESIDE)
        yield str(home)
        # The DAG folder may be in a package.
        yield from (str(package.parent) for package in (home, *home.parents) if package.name == name)
        # PYTHONPATH or `sys.path` may name a subfolder.
        while folder.startswith(f"{self.top}/"):
            yield folder
            folder = folder.rpartition("/")[0]


def _longest(root: str, names: tuple[str, ...]) -> tuple[str, int] | None:
    for size in range(len(names), -1, -1):
        base = "/".join((root, *names[:size]))
        for path in (f"{base}/__init__.py", *([f"{base}.py"] if size else ())):
            if os.path.isfile(path):
                return path, size
    return None


def read_source(path: str) -> bytes:
    """Read a Python file, unless it is larger than the limit.

    Raises:
        DagFileError: The path is not a regular file, or the file is too large.
        OSError: The file cannot be read.
    """
    # Reading a pipe or a device may never end.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise DagFileError("the path is not a regular file; pass a Python file")
        if status.st_size > LONGEST:
            raise DagFileError(
                f"the file has {status.st_size:,} bytes, but at most {LONGEST:,} are read; split the file"
            )
        return file.read(LONGEST + 1)
