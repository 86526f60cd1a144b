"""Runs a user's Python module, and collects objects from its variables."""

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

# Classes of errors whose messages can quote only code. Messages of other errors may quote secret data.
_ABOUT_CODE = (AttributeError, ImportError, NameError, SyntaxError, TypeError)


def objects_of_module(
    path: Path, source: bytes, kind: type[T], *, error: type[AirflowCompatError], missing: str
) -> list[T]:
    """Run a module and return the objects in its variables, also inside lists, tuples and dictionaries.

    The module's output goes to standard error.

    Args:
        path: The module's file.
        source: Its content.
        kind: The objects' class.
        error: Raised for an unusable module.
        missing: The message if the module has no objects.
    """
    file = path.resolve()
    objects: list[T] = []
    for found in _found(_run(_compiled(path, file, source, error), path, file, error), kind, set()):
        if found not in objects:
            objects.append(found)
    if not objects:
        raise error(f"{path}: {missing}")
    return objects


def _compiled(path: Path, file: Path, source: bytes, error: type[AirflowCompatError]) -> CodeType:
    try:
        return compile(source, str(file), "exec", dont_inherit=True)
    except SyntaxError as exc:
        where = f"{path}, line {exc.lineno}" if exc.lineno else str(path)
        problem = f"{where}: the file is not valid Python: {exc.msg}; correct the code"
    except (ValueError, RecursionError, MemoryError) as exc:
        problem = f"{path}: the file is not valid Python ({type(exc).__name__}); check the file"
    raise error(problem)


def _run(code: CodeType, path: Path, file: Path, error: type[AirflowCompatError]) -> dict[str, object]:
    module = ModuleType(f"_airflow_compat_file_{file.stem}")
    module.__file__ = str(file)
    with _imports_from(file.parent, module), contextlib.redirect_stdout(sys.stderr):
        try:
            exec(code, module.__dict__)  # noqa: S102 - it is the user's own file
            return dict(module.__dict__)
        except (Exception, SystemExit) as exc:  # noqa: BLE001 - whatever it raises
            problem = _problem(exc, path, file)
    raise error(problem)


@contextlib.contextmanager
def _imports_from(folder: Path, module: ModuleType) -> Iterator[None]:
    """Make modules in the folder importable, and unload them at the end: another folder may use the same names."""
    before = set(sys.modules)
    # Classes and functions look up their module in `sys.modules`.
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
    """Return True for a module or package directly in this folder."""
    paths = [*getattr(module, "__path__", ()), *filter(None, [getattr(module, "__file__", None)])]
    return any(Path(path).parent == folder for path in paths)


def _problem(exc: BaseException, path: Path, file: Path) -> str:
    lines = [line for frame, line in traceback.walk_tb(exc.__traceback__) if frame.f_code.co_filename == str(file)]
    where = f"{path}, line {lines[-1]}" if lines else str(path)
    if isinstance(exc, AirflowCompatError):
        return f"{where}: {exc}"
    text = str(exc).partition("\n")[0] if isinstance(exc, _ABOUT_CODE) else ""
    error = f"{type(exc).__name__}: {text}" if text else type(exc).__name__
    return f"{where}: the module raises {error}; correct the code, or run `python {path}` to see the traceback"


def _found(value: object, kind: type[T], seen: set[int]) -> Iterator[T]:
    if isinstance(value, kind):
        yield value
    elif isinstance(value, (list, tuple, dict)) and id(value) not in seen:
        seen.add(id(value))
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _found(inner, kind, seen)
