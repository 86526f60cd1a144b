"""A Python module of a user's: it is run, and what its variables hold is taken."""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import CodeType, ModuleType
from typing import TypeVar

from ..errors import AirflowCompatError

T = TypeVar("T")

# Their texts are about the code, and not about what it works on, which may be secret.
_ABOUT_CODE = (AttributeError, ImportError, NameError, SyntaxError, TypeError)


def objects_of_module(
    path: Path, source: bytes, kind: type[T], *, error: type[AirflowCompatError], missing: str
) -> list[T]:
    """Run a module by its path and collect the objects in its variables, also those in lists, tuples and dictionaries.

    What it prints goes to standard error.

    Args:
        path: The module.
        source: What it holds.
        kind: The objects' class.
        error: What is raised where it is no Python, raises, or has no such objects.
        missing: What is said where it has none.
    """
    file = path.resolve()
    try:
        namespace = _run(_compiled(path, file, source), path, file)
    except _UnusableError as exc:
        problem = str(exc)
    else:
        objects: list[T] = []
        for found in _found(namespace, kind, set()):
            if found not in objects:
                objects.append(found)
        if objects:
            return objects
        problem = f"{path}: {missing}"
    raise error(problem)


class _UnusableError(Exception):
    """The module gives nothing; its text is for the user."""


def _compiled(path: Path, file: Path, source: bytes) -> CodeType:
    try:
        return compile(source, str(file), "exec", dont_inherit=True)
    except SyntaxError as exc:
        where = f"{path}, line {exc.lineno}" if exc.lineno else str(path)
        problem = f"{where}: it is no Python: {exc.msg}; mend it there"
    except (ValueError, RecursionError, MemoryError) as exc:
        problem = f"{path}: it is no Python ({type(exc).__name__}); check the file"
    raise _UnusableError(problem)


def _run(code: CodeType, path: Path, file: Path) -> dict[str, object]:
    module = ModuleType(f"_airflow_compat_file_{file.stem}")
    module.__file__ = str(file)
    with _imports_from(file.parent, module), contextlib.redirect_stdout(sys.stderr):
        try:
            exec(code, module.__dict__)  # noqa: S102 - it is the user's own file
            return dict(module.__dict__)
        except (Exception, SystemExit) as exc:  # noqa: BLE001 - whatever it raises
            problem = _problem(exc, path, file)
    raise _UnusableError(problem)


@contextlib.contextmanager
def _imports_from(folder: Path, module: ModuleType) -> Iterator[None]:
    """Import what lies beside the module, and forget it afterwards: beside another there may be one of its name."""
    before = set(sys.modules)
    # What is defined in a module asks for it.
    sys.modules[module.__name__] = module
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(str(folder))
        beside = {name for name in set(sys.modules) - before if _lies_in(folder, sys.modules[name])}
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in beside:
                del sys.modules[name]


def _lies_in(folder: Path, module: ModuleType) -> bool:
    """Whether it is a module in this very folder, or a package of it."""
    paths = [*getattr(module, "__path__", ()), *filter(None, [getattr(module, "__file__", None)])]
    return any(Path(path).parent == folder for path in paths)


def _problem(exc: BaseException, path: Path, file: Path) -> str:
    lines = [line for frame, line in traceback.walk_tb(exc.__traceback__) if frame.f_code.co_filename == str(file)]
    where = f"{path}, line {lines[-1]}" if lines else str(path)
    if isinstance(exc, AirflowCompatError):
        return f"{where}: {exc}"
    text = str(exc).partition("\n")[0] if isinstance(exc, _ABOUT_CODE) else ""
    said = f"{type(exc).__name__}: {text}" if text else type(exc).__name__
    return f"{where}: it raises {said}; mend it there, or run `python {path}` to see more"


def _found(value: object, kind: type[T], seen: set[int]) -> Iterator[T]:
    if isinstance(value, kind):
        yield value
    elif isinstance(value, (list, tuple, dict)) and id(value) not in seen:
        seen.add(id(value))
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _found(inner, kind, seen)
