"""Describes why a DAG file can't be loaded: the line, the reason, and what the user can do."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AirflowCompatError
from ..exceptions import AirflowDagCycleException, AirflowException
from ._time_limit import TimeLimitError

if TYPE_CHECKING:
    from ..authoring import DAG

# The messages of these errors are shown, because they describe code only. The message of any other error may contain
# data, which may be secret, and is not shown.
_ABOUT_CODE = (AttributeError, FileNotFoundError, ImportError, KeyError, NameError, SyntaxError, TypeError)
_MOST_CAUSES = 20
_OURS = str(Path(__file__).parents[1])
_PYTHON = (sys.prefix, sys.base_prefix, "<frozen")


def described(error: BaseException, path: str, *, timeout: float = 0) -> str:
    """Return the message for a file whose code raised an error.

    Args:
        error: The error.
        path: The file.
        timeout: The time limit for loading the file, in seconds.
    """
    place = _place(error, path)
    if isinstance(error, TimeLimitError):
        return (
            f"{place}: the file ran for more than {timeout:g} seconds. Move slow code into tasks, or raise the timeout"
        )
    if isinstance(error, SystemExit):
        return f"{place}: the code ends the program with {error!r}. Remove the call"
    if isinstance(error, RecursionError):
        return f"{place}: a function calls itself without end. Correct the function"
    return f"{place}: {_said(error)}"


def _said(error: BaseException) -> str:
    if isinstance(error, AirflowCompatError):
        return str(error)
    text = str(error).partition("\n")[0] if isinstance(error, _ABOUT_CODE) else ""
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    if _is_missing_module(error):
        return f"{said}. Install the package, or pass the module's folder as search_path"
    if (cause := _cause(error)) is not None:
        return f"the code raises {said}, after the error: {_said(cause)}"
    return f"the code raises {said}. Correct the code there"


def _cause(error: BaseException) -> BaseException | None:
    """Return the earlier error that explains this one: an error of this package, or a missing module."""
    for _ in range(_MOST_CAUSES):
        found = error.__context__ if error.__cause__ is None else error.__cause__
        if found is None or isinstance(found, AirflowCompatError) or _is_missing_module(found):
            return found
        error = found
    return None


def _is_missing_module(error: BaseException) -> bool:
    return isinstance(error, ModuleNotFoundError) and str(error.name).partition(".")[0] != "airflow"


def problem_of_dag(dag: DAG) -> str:
    """Return why Airflow would refuse a DAG of a file that was loaded; empty if Airflow would accept the DAG."""
    try:
        dag.validate()
        dag.check_cycle()
    except AirflowDagCycleException as exc:
        return f"{dag.fileloc}: {exc}. Remove an edge of the cycle"
    except (AirflowException, AirflowCompatError) as exc:
        return f"{dag.fileloc}: DAG {dag.dag_id!r}: {str(exc).rstrip('.')}"
    return ""


def _place(error: BaseException, path: str) -> str:
    """Return the innermost line of the user's code in the traceback."""
    lines = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if not frame.f_code.co_filename.startswith((_OURS, *_PYTHON))
    ]
    file, line = lines[-1] if lines else (path, 0)
    return f"{file}, line {line}" if line else file
