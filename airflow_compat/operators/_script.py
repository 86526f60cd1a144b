"""Creates the script that runs a function in another Python, and converts the function's arguments and result.

The other Python interpreter needs neither Airflow nor this package. The script corresponds to
`airflow.providers.standard.utils.python_virtualenv_script`.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import io
import pickle
import textwrap
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from ..errors import MissingPackageError
from ..exceptions import AirflowException

Serializer = Literal["pickle", "cloudpickle", "dill"]

_SCRIPT = """\
from __future__ import annotations

import pickle
import sys
import {library}

# Script
{source}

def _read(path):
    class Reader(getattr({library}, "Unpickler", pickle.Unpickler)):
        def persistent_load(self, date):
            import datetime
            moment = datetime.datetime.fromisoformat(date[0])
            try:
                import pendulum
            except ImportError:
                return moment
            return pendulum.instance(moment, tz=date[1] or moment.tzinfo)

    with open(path, "rb") as file:
        return Reader(file).load()

def _write(path, value):
    class Writer({library}.Pickler):
        def persistent_id(self, value):
            if type(value).__module__ == "pendulum.datetime":
                return value.isoformat(), value.timezone_name
            return None

    with open(path, "wb") as file:
        if value is not None:
            Writer(file).dump(value)

with open(sys.argv[3]) as file:
    virtualenv_string_args = [line.strip() for line in file]
arguments = _read(sys.argv[1])
try:
    result = {name}(*arguments["args"], **arguments["kwargs"])
except Exception as error:
    with open(sys.argv[4], "w") as file:
        file.write(str(error))
    raise
_write(sys.argv[2], result)
"""

# Decorators to remove from the function's source, because the other Python does not have them.
_DECORATORS = ("setup", "teardown", "task.skip_if", "task.run_if")


def checked_serializer(serializer: Serializer | None) -> Serializer:
    """Return the given name of a serializer, or `pickle` if none is given.

    Raises:
        AirflowException: There is no serializer of this name.
    """
    serializer = serializer or "pickle"
    if serializer not in ("pickle", "cloudpickle", "dill"):
        raise AirflowException(
            f"Unsupported serializer {serializer!r}. Expected one of 'pickle', 'dill', 'cloudpickle'"
        )
    return serializer


def pickling_library(serializer: Serializer) -> ModuleType:
    """Import the package of a serializer, and return its module.

    Raises:
        MissingPackageError: The serializer's package is not installed.
    """
    try:
        return importlib.import_module(serializer)
    except ImportError:
        raise MissingPackageError(
            f"The serializer {serializer!r} needs the package {serializer}, which is not installed. Run `pip install "
            f"{serializer}`."
        ) from None


def source_of(fn: Callable[..., Any], *decorators: str) -> str:
    """Return a function's source without the given decorators, and without `@setup`, `@task.run_if` and the like."""
    lines = textwrap.dedent(inspect.getsource(fn)).splitlines()
    (definition, *_) = ast.parse("\n".join(lines)).body
    hidden = {
        line
        for each in getattr(definition, "decorator_list", ())
        if ast.unparse(each.func if isinstance(each, ast.Call) else each) in (*_DECORATORS, *decorators)
        for line in range(each.lineno, (each.end_lineno or each.lineno) + 1)
    }
    return "\n".join(line for number, line in enumerate(lines, 1) if number not in hidden) + "\n"


def script(*, source: str, name: str, serializer: Serializer) -> str:
    """Return the script.

    The script's command-line arguments are the paths of four files: the input, the output, the `string_args`, and the
    error's text.
    """
    return _SCRIPT.format(library=serializer, source=source, name=name)


def write_values(library: ModuleType, values: dict[str, Any]) -> bytes:
    """Return the content of the file from which the script reads the function's arguments.

    A date of pendulum is written as ISO text with its time zone, because the other Python may have another release of
    pendulum.
    """

    class Writer(library.Pickler):  # type: ignore[name-defined,misc]
        def persistent_id(self, value: Any) -> Any:
            if isinstance(value, datetime) and type(value).__module__ == "pendulum.datetime":
                return value.isoformat(), value.timezone_name  # type: ignore[attr-defined]
            return None

    content = io.BytesIO()
    Writer(content).dump(values)
    return content.getvalue()


def read_value(library: ModuleType, path: Path) -> Any:
    """Return the value that the script wrote to a file; None if the file is empty."""

    # pickle reads the output of cloudpickle, which has no Unpickler of its own.
    class Reader(getattr(library, "Unpickler", pickle.Unpickler)):  # type: ignore[misc]
        def persistent_load(self, date: tuple[str, str | None]) -> Any:
            import pendulum

            moment = datetime.fromisoformat(date[0])
            return pendulum.instance(moment, tz=date[1] or moment.tzinfo)

    content = path.read_bytes()
    return Reader(io.BytesIO(content)).load() if content else None
