"""Imports the flow to which an entrypoint refers, as a worker does."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.exceptions import MissingFlowError
from prefect.flows import load_flow_from_entrypoint

from ..errors import DagFileError

_RUNS_FLOW = "the module runs a flow when it is imported. Put the call under `if __name__ == '__main__':`."
# The lock is reentrant, because the imported module may call `check_flow` itself.
_importing = threading.RLock()
# Classes of errors whose messages can quote only code. Messages of other errors may quote secret data.
_ABOUT_CODE = (AttributeError, ImportError, NameError, SyntaxError, TypeError)


def load_flow(entrypoint: str) -> Flow[..., Any]:
    """Import the module of an entrypoint, and return its flow. The module's output goes to standard error.

    Args:
        entrypoint: `FILE:FLOW`, such as `flows.py:etl`, or `MODULE.FLOW`.

    Raises:
        DagFileError: The file, the module or the flow is missing, or the module raises an exception or runs a flow.
    """
    path, colon, name = entrypoint.rpartition(":" if ":" in entrypoint else ".")
    if not (path and name):
        raise DagFileError(f"{entrypoint!r} is not an entrypoint; use a file and a flow, such as flows.py:etl")
    if colon != ":" and entrypoint.endswith(".py"):
        raise DagFileError(f"{entrypoint} names no flow; add the flow's name, such as {entrypoint}:etl")
    if colon == ":" and not Path(path).is_file():
        raise DagFileError(f"{entrypoint}: the file {path} does not exist; correct the path")
    try:
        with contextlib.redirect_stdout(sys.stderr), _refused_runs():
            return load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False)
    except MissingFlowError:
        problem = f"{name} is missing or is not a flow; use the name of a function with @flow"
    except (Exception, SystemExit) as exc:  # noqa: BLE001 - the module may raise anything
        # If the module raises an exception, Prefect wraps it.
        cause = getattr(exc, "user_exc", None) or exc
        if isinstance(cause, _FlowRunError):
            raise DagFileError(f"{entrypoint}: {_RUNS_FLOW}") from None
        text = str(cause).partition("\n")[0] if isinstance(cause, _ABOUT_CODE) else ""
        error = f"{type(cause).__name__}: {text}" if text else type(cause).__name__
        problem = (
            f"the module raises {error}; run `python {path if colon == ':' else f'-m {path}'}` to see the traceback"
        )
    raise DagFileError(f"{entrypoint}: {problem}")


class _FlowRunError(Exception):
    """The module called a flow while it was being imported."""


@contextlib.contextmanager
def _refused_runs() -> Iterator[None]:
    """In a `with` block, refuse calls of flows in this thread."""
    thread = threading.get_ident()

    def refuse(flow: Flow[..., Any], *args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() == thread:
            raise _FlowRunError
        return call(flow, *args, **kwargs)

    with _importing:
        call = Flow.__call__
        Flow.__call__ = refuse  # type: ignore[assignment, method-assign]
        try:
            yield
        finally:
            Flow.__call__ = call  # type: ignore[method-assign]
