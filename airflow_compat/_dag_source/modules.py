"""The modules beside a DAG file that it imports. They are read as text, and never run."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import NamedTuple, Protocol

from ..errors import DagFileError
from .source_bindings import read_scopes
from .source_scopes import Module
from .source_text import parse_source

# Installed modules come first on Airflow's path, so no file can stand in for these.
_INSTALLED = frozenset(sys.stdlib_module_names) | {"airflow", "dateutil", "pendulum", "pytz"}


class ModuleFile(NamedTuple):
    """The file of a module.

    Attributes:
        path: The full path.
        shown: The path in reports.
        size: How many of the dotted name's parts name the module.
    """

    path: str
    shown: str
    size: int


class ModuleFiles(Protocol):
    """Finds and reads the files of modules."""

    def find(self, names: tuple[str, ...], level: int, importer: str) -> ModuleFile | None:
        """Return the file that holds the longest part of a dotted name.

        Args:
            names: The parts of the name.
            level: The number of leading dots of a relative import.
            importer: The full path of the file that imports the name.
        """

    def read(self, path: str) -> bytes:
        """Return the content of a file.

        Raises:
            DagFileError: The file cannot be read.
        """


class Found(NamedTuple):
    """A dotted name in a module beside the DAG file.

    Attributes:
        module: The module.
        names: The rest of the dotted name; empty for the module itself.
    """

    module: Module
    names: tuple[str, ...]


@dataclass
class Neighbours:
    """The modules that the DAG files of a folder import, each of which is parsed once.

    Attributes:
        files: Finds the files; None where no file but the DAG file itself is read.
        makers: The names of each module that make DAGs, by its path.
    """

    files: ModuleFiles | None = None
    makers: dict[str, frozenset[str]] = field(default_factory=dict)
    _modules: dict[str, Module | None] = field(default_factory=dict)
    _files: dict[tuple[str, PurePath], ModuleFile | None] = field(default_factory=dict)
    _of_dags: set[str] = field(default_factory=set)

    def find(self, path: str, importer: str) -> Found | None:
        """Return the module that a dotted name belongs to, with the rest of the name.

        Args:
            path: The name as it was imported: `common.config.SCHEDULE`, or `.config.SCHEDULE`.
            importer: The full path of the file that imports it.
        """
        names = path.lstrip(".")
        level = len(path) - len(names)
        if self.files is None or (not level and names.partition(".")[0] in _INSTALLED):
            return None
        key = (path, PurePath(importer).parent)
        if key not in self._files:
            self._files[key] = self.files.find(tuple(names.split(".")), level, importer)
        file = self._files[key]
        module = self._read(file) if file else None
        return Found(module, tuple(names.split(".")[file.size :])) if file and module else None

    def speaks_of_dags(self, module: Module) -> bool:
        """Return False for a module whose text does not have the word, so that nothing in it makes a DAG."""
        return module.path in self._of_dags

    def _read(self, file: ModuleFile) -> Module | None:
        if file.path not in self._modules:
            assert self.files is not None
            try:
                data = self.files.read(file.path)
                self._modules[file.path] = read_scopes(parse_source(data), file.path, file.shown)
            except DagFileError:
                # Where it is a DAG file, its own report says why.
                self._modules[file.path] = None
            else:
                if b"dag" in data.lower():
                    self._of_dags.add(file.path)
        return self._modules[file.path]
