"""The files of the modules that DAG files import, found where Airflow's scheduler would find them."""

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
        # Links stay as they are: a module is beside the file under the name that the folder has.
        self.top = Path(os.path.abspath(top))  # noqa: PTH100 - `resolve` follows links
        self.given = top

    def find(self, names: tuple[str, ...], level: int, importer: str) -> ModuleFile | None:
        """Return the file that holds the longest part of a dotted name.

        Args:
            names: The parts of the name.
            level: The number of leading dots of a relative import.
            importer: The full path of the file that imports the name.
        """
        folder = Path(importer).parent
        roots = iter([folder.joinpath(*[".."] * (level - 1))]) if level else self._roots(names[0], folder)
        for root in roots:
            if level or (root / names[0]).is_dir() or (root / f"{names[0]}.py").is_file():
                found = _longest(root, names)
                return self._shown(found) if found else None
        return None

    def read(self, path: str) -> bytes:
        """Return the content of a file.

        Raises:
            DagFileError: The file cannot be read.
        """
        try:
            return read_source(path)
        except OSError as exc:
            raise DagFileError(f"it can't be read ({exc.strerror})") from None

    def _roots(self, name: str, folder: Path) -> Iterator[Path]:
        home = self.top.parent
        yield self.top
        yield from (home / each for each in _BESIDE)
        yield home
        # The DAG folder may be a package, or be in one.
        yield from (parent.parent for parent in home.parents if parent.name == name)
        if home.name == name:
            yield home.parent
        # Where PYTHONPATH or `sys.path` names a folder below.
        while folder != self.top and self.top in folder.parents:
            yield folder
            folder = folder.parent

    def _shown(self, found: tuple[Path, int]) -> ModuleFile:
        path = os.path.normpath(found[0])
        return ModuleFile(path, os.path.normpath(self.given / os.path.relpath(path, self.top)), found[1])


def _longest(root: Path, names: tuple[str, ...]) -> tuple[Path, int] | None:
    for size in range(len(names), -1, -1):
        base = root.joinpath(*names[:size])
        for path in (base / "__init__.py", *([base.with_name(f"{base.name}.py")] if size else ())):
            if path.is_file():
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
    with open(descriptor, "rb") as file:  # noqa: PTH123 - of a descriptor
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise DagFileError("it is no regular file; give a Python file")
        if status.st_size > LONGEST:
            raise DagFileError(f"it has {status.st_size:,} bytes, and {LONGEST:,} are read at most; split it")
        return file.read(LONGEST + 1)
