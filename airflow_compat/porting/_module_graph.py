"""Finds the imports between the files of a folder, from their syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from .._dag_source.modules import INSTALLED, ModuleFiles
from ._file import PythonFile


def imports_of(file: PythonFile, path: str, files: ModuleFiles) -> frozenset[str]:
    """Return the full paths of the files that a file imports."""
    return frozenset(found.path for names, level in _names(file) if (found := files.find(names, level, path)))


def _names(file: PythonFile) -> Iterator[tuple[tuple[str, ...], int]]:
    for statement in file.module.statements:
        match statement.node:
            case ast.Import(names=aliases):
                names = (tuple(alias.name.split(".")) for alias in aliases)
                yield from ((each, 0) for each in names if each[0] not in INSTALLED)
            case ast.ImportFrom(module=module, names=aliases, level=level):
                start = tuple(module.split(".")) if module else ()
                if level or start[0] not in INSTALLED:
                    # The imported name may itself be a module.
                    yield from (((*start, alias.name), level) for alias in aliases)


def users_of(imports: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    """Return the files that import each file, directly or through others."""
    direct: dict[str, set[str]] = {}
    for path, imported in imports.items():
        for each in imported - {path}:
            direct.setdefault(each, set()).add(path)
    return {path: _reached(path, direct) for path in direct}


def _reached(path: str, direct: Mapping[str, set[str]]) -> frozenset[str]:
    found: set[str] = set()
    todo = [path]
    while todo:
        for user in direct.get(todo.pop(), ()):
            if user not in found:
                found.add(user)
                todo.append(user)
    return frozenset(found - {path})
