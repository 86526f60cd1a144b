"""Finds code in tasks that changes the state of the whole process, which tasks in other threads share."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .._dag_source.scopes import Statement
from ._code_of_file import FileCode
from ._problem import Problem

_PROCESS = "or load the DAG with isolation='process'"
_ENVIRONMENT = f"Pass the variables to the command or client that needs them, {_PROCESS}"
_FOLDER = f"Use full paths, or pass the folder to the command that needs it, {_PROCESS}"
_SIGNAL = f"Set execution_timeout, override on_kill, {_PROCESS}"
_CALLS = {
    "os.chdir": _FOLDER,
    "os.fchdir": _FOLDER,
    "contextlib.chdir": _FOLDER,
    "os.umask": f"Set the mode of each file, {_PROCESS}",
    "os.putenv": _ENVIRONMENT,
    "os.unsetenv": _ENVIRONMENT,
    **{f"os.environ.{method}": _ENVIRONMENT for method in ("clear", "pop", "popitem", "setdefault", "update")},
}
_SIGNALS = frozenset(("signal.signal", "signal.alarm", "signal.setitimer", "signal.siginterrupt"))


def thread_hazards(code: FileCode, file: str) -> Iterator[Problem]:
    """Yield the calls and assignments in functions that change the state of the process.

    Functions of virtualenv and external Python tasks are left out, because they run in their own processes.
    """
    for statement, node in code.nodes():
        name, line = _changed(code, statement, node), getattr(node, "lineno", 0)
        if not name or not code.runs_in_threads(statement.scope):
            continue
        if name in _SIGNALS:
            yield Problem(
                file,
                line,
                "threads",
                f"{name} fails in a task, because tasks run in threads and not in the main thread",
                _SIGNAL,
            )
        else:
            step = _CALLS.get(name, _ENVIRONMENT)
            message = f"{name} in a task changes the whole process, which the other tasks of the run share"
            yield Problem(file, line, "threads", message, step, "warning")


def _changed(code: FileCode, statement: Statement, node: ast.AST) -> str:
    match node:
        case ast.Call(func=func):
            name = code.name(statement, func)
            return name if name in _CALLS or name in _SIGNALS else ""
        case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()):
            return "os.environ[...]" if code.name(statement, value) == "os.environ" else ""
    return ""
