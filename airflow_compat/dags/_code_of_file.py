"""Reads the syntax tree of a DAG file, to find the lines of its tasks and the full names of Airflow objects."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from .._dag_source.bindings import read_scopes
from .._dag_source.names import Names, ScopedExpression
from .._dag_source.scopes import Scope, Statement, own_parts
from .._dag_source.syntax import parse_source

# Functions under these decorators run in another Python interpreter.
_OWN_INTERPRETER = frozenset(("virtualenv", "external_python", "branch_virtualenv", "branch_external_python"))
_OWN_INTERPRETER_OPERATORS = ("VirtualenvOperator", "ExternalPythonOperator")


class FileCode:
    """The syntax tree of a DAG file, and what can be found in it.

    Raises:
        DagFileError: Python can't parse the file.
    """

    def __init__(self, data: bytes, path: str) -> None:
        self.module = read_scopes(parse_source(data), path)
        self._names = Names(self.module)

    def nodes(self) -> Iterator[tuple[Statement, ast.AST]]:
        """Yield each node of the syntax tree with the statement that contains it."""
        for statement in self.module.statements:
            for part in own_parts(statement.node):
                for node in ast.walk(part):
                    yield statement, node

    def name(self, statement: Statement, node: ast.AST) -> str:
        """Return the full name that an expression means, such as `airflow.models.Variable.get`; empty if unknown."""
        found = self._names.dotted(ScopedExpression(node, statement.scope, statement.order))
        return found.path if found is not None else ""

    @cached_property
    def lines_of_tasks(self) -> dict[str, int]:
        """The line that creates each task. The key is the task id without the prefix of its groups."""
        lines: dict[str, int] = {}
        for statement, node in self.nodes():
            if isinstance(node, ast.Call):
                for keyword in node.keywords:
                    if keyword.arg == "task_id" and (task_id := text_of(keyword.value)):
                        lines.setdefault(task_id, node.lineno)
            elif isinstance(statement.node, ast.FunctionDef) and node in statement.node.decorator_list:
                lines.setdefault(statement.node.name, statement.node.lineno)
        return lines

    def runs_in_threads(self, scope: Scope) -> bool:
        """Return True if a scope is inside a function that is not sent to another Python interpreter."""
        names = []
        while scope.parent is not None:
            if isinstance(scope.definition, (ast.FunctionDef, ast.AsyncFunctionDef)):
                names.append(scope.name)
                if any(_last_name(each) in _OWN_INTERPRETER for each in scope.definition.decorator_list):
                    return False
            scope = scope.parent
        return bool(names) and not self._sent_away.intersection(names)

    @cached_property
    def _sent_away(self) -> frozenset[str]:
        return frozenset(
            keyword.value.id
            for _, node in self.nodes()
            if isinstance(node, ast.Call) and _last_name(node).endswith(_OWN_INTERPRETER_OPERATORS)
            for keyword in node.keywords
            if keyword.arg == "python_callable" and isinstance(keyword.value, ast.Name)
        )


def text_of(node: ast.AST | None) -> str:
    """Return the text if an expression is a text literal; otherwise, return an empty text."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
