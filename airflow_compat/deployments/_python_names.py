"""Find modules, and the names that Python files define, without importing the files."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, TypeAlias

from .._dag_source.syntax import parse_source
from ..errors import DagFileError

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class ModuleMissingError(Exception):
    """A module can't be found; `is_top` is True if the first part of its name is missing."""

    def __init__(self, name: str, *, is_top: bool) -> None:
        super().__init__(name)
        self.name, self.is_top = name, is_top


def module_file(module: str, folder: Path) -> Path | None:
    """Return the file of a module that is installed or next to `prefect.yaml`; None if the module has no Python source.

    Raises:
        ModuleMissingError: The module can't be found.
    """
    name, *others = module.split(".")
    spec = _top(name, folder)
    for part in others:
        name = f"{name}.{part}"
        path = spec.submodule_search_locations
        found = PathFinder.find_spec(name, list(path)) if path is not None else None
        if found is None:
            raise ModuleMissingError(name, is_top=False)
        spec = found
    origin = Path(spec.origin) if spec.origin else None
    return origin if origin is not None and origin.suffix == ".py" else None


def _top(name: str, folder: Path) -> ModuleSpec:
    try:
        # `find_spec` imports the parent packages of a module. A top-level module has none, so nothing is imported.
        spec = PathFinder.find_spec(name, [str(folder)]) or find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        raise ModuleMissingError(name, is_top=True)
    return spec


Bound: TypeAlias = "ast.AST | str | None"
"""What a name is bound to: a definition, the expression of a value, the dotted name of an import; None if unknown."""


class FileNames(NamedTuple):
    """The names that a Python file defines.

    Attributes:
        bound: What each name is bound to, in any order.
        attributes: The names of all attributes that the file sets on any object.
    """

    bound: Mapping[str, tuple[Bound, ...]]
    attributes: frozenset[str]


def name_problem(file: Path, name: str) -> str:
    """Return why a file does not define a name; empty if the file may define the name."""
    first = name.partition(".")[0]
    try:
        names = file_names(file)
    except OSError as error:
        return f"{file.name} can't be read ({type(error).__name__})"
    except DagFileError as error:
        return f"{file.name}: {error}"
    if names is None or first in names.bound:
        return ""
    near = difflib.get_close_matches(first, names.bound, 1, 0.6)
    return f"{file.name} has no {first!r}" + (f"; did you mean {near[0]!r}?" if near else "; correct the name")


def file_names(file: Path) -> FileNames | None:
    """Return the names that a file defines; None if the names are known only after the file has run.

    Raises:
        OSError: The file can't be read.
        DagFileError: The file isn't Python.
    """
    return _names(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _names(file: Path, _changed: int) -> FileNames | None:
    tree = parse_source(file.read_bytes())
    bound = bindings(tree.body)
    attributes: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            bound |= {name: (*bound.get(name, ()), None) for name in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            attributes.add(node.attr)
    return None if bound.keys() & {"*", "__getattr__"} else FileNames(bound, frozenset(attributes))


def bindings(body: list[ast.stmt]) -> dict[str, tuple[Bound, ...]]:
    """Return what each name is bound to by the statements of a module or class, in any order."""
    found: dict[str, tuple[Bound, ...]] = {}
    for name, bound in _bindings(body):
        found[name] = (*found.get(name, ()), bound)
    return found


def _bindings(body: list[ast.stmt]) -> Iterator[tuple[str, Bound]]:
    for node in body:
        is_definition = isinstance(node, _DEFINITIONS)
        assigned: set[ast.AST] = set()
        for inner in [node] if is_definition else ast.walk(node):
            if isinstance(inner, ast.Assign):
                targets = [target for target in inner.targets if isinstance(target, ast.Name)]
                assigned.update(targets)
                yield from ((each.id, inner.value) for each in targets)
            elif isinstance(inner, _DEFINITIONS):
                yield inner.name, inner
            elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store) and inner not in assigned:
                yield inner.id, None
            elif isinstance(inner, ast.Import):
                # `import a.b` binds the name `a` to the module `a`.
                for alias in inner.names:
                    top = alias.name.partition(".")[0]
                    yield (alias.asname, alias.name) if alias.asname else (top, top)
            elif isinstance(inner, ast.ImportFrom):
                source = f"{'.' * inner.level}{inner.module or ''}."
                yield from ((each.asname or each.name, f"{source}{each.name}") for each in inner.names)
            elif isinstance(inner, ast.Call) and getattr(inner.func, "id", "") in ("globals", "exec", "setattr"):
                yield "*", None
