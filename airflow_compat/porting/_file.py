"""A Python file that is rewritten: its text, its syntax tree, and the names that it imports from Airflow."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, TypeAlias

from .._dag_source.scopes import Statement, own_parts
from ..dags._code_of_file import FileCode
from ._source import SourceText

# Kinds of nodes that contain no calls.
_LEAVES = frozenset((ast.Name, ast.Constant, ast.Load, ast.Store, ast.alias))

Import: TypeAlias = ast.Import | ast.ImportFrom


class PythonFile(FileCode):
    """The code of a file, with its text.

    Attributes:
        path: The path of the file, for messages.
        text: The text to which the tree's positions refer.

    Raises:
        DagFileError: Python can't parse the file, or its text can't be written back.
    """

    def __init__(self, data: bytes, path: str) -> None:
        super().__init__(data, path)
        self.path = path
        self.text = SourceText.decode(data)

    def statements_with(self, words: Iterable[str]) -> Iterator[Statement]:
        """Yield the statements whose lines contain one of the words, even inside another word or a comment."""
        pattern = re.compile(b"|".join(re.escape(word.encode()) for word in words))
        offsets = [match.start() for match in pattern.finditer(self.text.body)]
        lines = [self.text.line_of(offset) for offset in offsets]
        for statement in self.module.statements if lines else ():
            node = statement.node
            decorators = getattr(node, "decorator_list", None)
            found = bisect_left(lines, decorators[0].lineno if decorators else node.lineno)
            if found < len(lines) and lines[found] <= (node.end_lineno or 0):
                yield statement

    def calls_with(self, names: Iterable[str]) -> list[tuple[Statement, ast.Call]]:
        """Return the calls with keyword arguments in statements that contain one of the names."""
        found = [
            (statement, call)
            for statement in self.statements_with(names)
            for part in own_parts(statement.node)
            for call in _calls_below(part)
        ]
        return sorted(found, key=lambda each: (each[1].lineno, each[1].col_offset))

    @cached_property
    def airflow_imports(self) -> tuple[tuple[Statement, Import], ...]:
        """The statements that import Airflow."""
        return tuple(self._airflow_imports())

    def _airflow_imports(self) -> Iterator[tuple[Statement, Import]]:
        for statement in self.module.statements:
            match statement.node:
                case ast.Import(names=names) as node if any(is_airflow(each.name) for each in names):
                    yield statement, node
                case ast.ImportFrom(module=str() as module, level=0) as node if is_airflow(module):
                    yield statement, node


def _calls_below(part: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls with keyword arguments. `ast.walk` would take twice as long."""
    todo: list[Any] = [part]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.AST) and type(node) not in _LEAVES:
            if isinstance(node, ast.Call) and node.keywords:
                yield node
            for value in vars(node).values():
                if isinstance(value, list):
                    todo += value
                elif isinstance(value, ast.AST):
                    todo.append(value)


def is_airflow(name: str) -> bool:
    """Return True for the name of a module of Airflow."""
    return name == "airflow" or name.startswith("airflow.")
