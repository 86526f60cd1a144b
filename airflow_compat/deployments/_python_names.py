"""Whether a module or a file has a name, told from the text: nothing of it is imported or run."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path

from .._airflow.source_text import parse_source
from ..errors import DagFileError


class ModuleMissingError(Exception):
    """A module can't be found; `is_top` is True if not even its first part can."""

    def __init__(self, name: str, *, is_top: bool) -> None:
        super().__init__(name)
        self.name, self.is_top = name, is_top


def module_file(module: str, folder: Path) -> Path | None:
    """The file of a module that is beside `prefect.yaml` or installed; None if its text can't be read.

    Raises:
        ModuleMissingError: There is none.
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
        # Neither imports anything: only the parents of a module would be.
        spec = PathFinder.find_spec(name, [str(folder)]) or find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        raise ModuleMissingError(name, is_top=True)
    return spec


def name_problem(file: Path, name: str) -> str:
    """Why a file doesn't define a name; empty if it does, or if only running it would tell."""
    first = name.partition(".")[0]
    try:
        names = _names(file, file.stat().st_mtime_ns)
    except OSError as error:
        return f"{file.name} can't be read ({type(error).__name__})"
    except DagFileError as error:
        return f"{file.name}: {error}"
    if names is None or first in names:
        return ""
    near = difflib.get_close_matches(first, names, 1, 0.6)
    return f"{file.name} has no {first!r}" + (f"; did you mean {near[0]!r}?" if near else "; correct the name")


@lru_cache(maxsize=256)
def _names(file: Path, _changed: int) -> frozenset[str] | None:
    """The names that a file defines; None if only running it would tell."""
    names = set(_defined(parse_source(file.read_bytes()).body))
    return None if names & {"*", "__getattr__"} else frozenset(names)


def _defined(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        is_definition = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        for inner in [node] if is_definition else ast.walk(node):
            if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                yield inner.name
            elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                yield inner.id
            elif isinstance(inner, (ast.Import, ast.ImportFrom)):
                yield from (alias.asname or alias.name.partition(".")[0] for alias in inner.names)
            elif isinstance(inner, ast.Call) and getattr(inner.func, "id", "") in ("globals", "exec", "setattr"):
                yield "*"
