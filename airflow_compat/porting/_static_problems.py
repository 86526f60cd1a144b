"""Problems that the text of a file shows, for files that can't be loaded."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .._airflow.import_names import REASONS, NoStandIn
from ..dags._placeholders import is_operator
from ..dags._problem import Kind, Problem
from ._addresses import look_up
from ._file import PythonFile


def static_problems(file: PythonFile) -> Iterator[Problem]:
    """Yield a problem for each name without a counterpart that the file imports from Airflow."""
    for _, node in file.airflow_imports:
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        for alias in node.names:
            found = look_up(node.module, alias.name)
            if isinstance(found, NoStandIn) and found.reason != "types":
                kind: Kind = "missing operator" if is_operator(node.module, alias.name) else "missing name"
                message = f"the file imports {node.module}.{alias.name}, for which airflow_compat has no stand-in"
                why = REASONS[found.reason].rstrip(".")
                step = f"Replace it ({why[0].lower()}{why[1:]})"
                yield Problem(file.path, alias.lineno, kind, message, step, "warning", found.reason)
