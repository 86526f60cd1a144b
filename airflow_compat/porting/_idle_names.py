"""Finds names without a stand-in that no task can use: the code uses them in annotations, for the UI, or not at all."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from .._airflow.import_names import NoStandIn
from .._dag_source.scopes import own_parts
from ..dags._problem import Problem
from ._addresses import look_up
from ._file import PythonFile

IDLE = "idle"
"""The reason that marks a problem with names that no task can use."""
# Attributes of operators that only Airflow's UI reads.
_FOR_UI = frozenset(("template_fields_renderers", "operator_extra_links", "ui_color", "ui_fgcolor"))


def marked(problem: Problem, file: PythonFile) -> Problem:
    """Return the problem, with the reason `IDLE` if no task can use the name that the problem is about."""
    names = _names_at(file, problem.line)
    # Other modules import the names of a package from its `__init__.py`.
    is_idle = names and Path(file.path).name != "__init__.py" and names.isdisjoint(_used_names(file))
    return replace(problem, reason=IDLE) if is_idle else problem


def _names_at(file: PythonFile, line: int) -> set[str]:
    """Return the names that the import at a line binds and that have no stand-in."""
    return {
        alias.asname or alias.name
        for _, node in file.airflow_imports
        if isinstance(node, ast.ImportFrom) and node.lineno <= line <= (node.end_lineno or 0)
        for alias in node.names
        if isinstance(look_up(node.module or "", alias.name), NoStandIn)
    }


def _used_names(file: PythonFile) -> Iterator[str]:
    """Yield the names in the code and in its string constants, because a string may contain a name."""
    for statement in file.module.statements:
        todo = [*_parts(statement.node)]
        while todo:
            match todo.pop():
                case ast.Name(id=name) | ast.Constant(value=str() as name):
                    yield name
                case ast.arg():
                    # A name in a parameter's annotation does not count as used.
                    pass
                case ast.AST() as node:
                    todo += ast.iter_child_nodes(node)


def _parts(node: ast.stmt) -> Iterable[ast.AST]:
    """Return the parts of a statement that may use a name while a task runs."""
    match node:
        case ast.AnnAssign(value=value):
            return () if value is None else (value,)
        case ast.Assign(targets=[ast.Name(id=name)]) if name in _FOR_UI:
            return ()
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return (*node.decorator_list, node.args)
    return own_parts(node)
