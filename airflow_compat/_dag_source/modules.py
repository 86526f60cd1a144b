"""Find and parse the modules that a DAG file imports, without running them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import NamedTuple, Protocol

from ..errors import DagFileError
from .bindings import read_scopes
from .scopes import Module
from .syntax import parse_source

PACKAGE = __package__.partition(".")[0]
"""The name of this package."""
# Installed modules come first on Airflow's path, so a local file cannot replace an installed module.
INSTALLED = frozenset(sys.stdlib_module_names) | {PACKAGE, "airflow", "dateutil", "pendulum", "pytz"}
"""Modules that no file next to a DAG file can replace."""


class ModuleFile(NamedTuple):
    """The file of a module.

    Attributes:
        size: The number of parts of the dotted name that belong to the module.
    """

    path: str
    shown: str
    size: int


class ModuleFiles(Protocol):
    """Finds and reads the files of modules."""

    def find(self, names: tuple[str, ...], level: int, importer: str) -> ModuleFile | None:
        """Return the file of the module that the longest part of a dotted name denotes.

        Args:
            names: The parts of the dotted name.
            level: The number of leading dots of a relative import.
            importer: The full path of the importing file.
        """

    def read(self, path: str) -> bytes: ...


class Found(NamedTuple):
    """The imported module that a dotted name starts with.

    Attributes:
        names: The rest of the dotted name; empty for the module itself.
    """

    module: Module
    names: tuple[str, ...]


@dataclass
class Neighbours:
    """The modules that a folder's DAG files import, each parsed once.

    Attributes:
        files: Finds the files of imported modules; None to read only the DAG file.
        makers: The names of each module's functions and classes that create DAGs, by the module's path.
    """

    files: ModuleFiles | None = None
    makers: dict[str, frozenset[str]] = field(default_factory=dict)
    _modules: dict[str, Module | None] = field(default_factory=dict)
    _files: dict[tuple[str, PurePath], ModuleFile | None] = field(default_factory=dict)

    def find(self, path: str, importer: str) -> Found | None:
        """Return the module of a dotted name, with the rest of the name.

        Args:
            path: The imported name: `common.config.SCHEDULE`, or `.config.SCHEDULE`.
            importer: The full path of the importing file.
        """
        names = path.lstrip(".")
        level = len(path) - len(names)
        if self.files is None or (not level and names.partition(".")[0] in INSTALLED):
            return None
        key = (path, PurePath(importer).parent)
        if key not in self._files:
            self._files[key] = self.files.find(tuple(names.split(".")), level, importer)
        file = self._files[key]
        module = self._read(file) if file else None
        return Found(module, tuple(names.split(".")[file.size :])) if file and module else None

    def _read(self, file: ModuleFile) -> Module | None:
        if file.path not in self._modules:
            assert self.files is not None
            try:
                data = self.files.read(file.path)
                module = read_scopes(parse_source(data), file.path, file.shown)
                module.speaks_of_dags = b"dag" in data.lower()
                self._modules[file.path] = module
            except DagFileError:
                # If the module is also a DAG file, its own report explains the error.
                self._modules[file.path] = None
        return self._modules[file.path]
