"""Finds and edits keyword arguments in calls of Airflow's classes and functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from ._file import PythonFile
from ._source import Edit, SourceText

_COMMA_AFTER = re.compile(rb"[ \t\f]*,?[ \t\f]*")
_COMMA_BEFORE = re.compile(rb"[ \t\f]*,[ \t\f]*\Z")
_SPACE_AT_END = re.compile(rb"[ \t\f]+\Z")
PACKAGES = ("airflow", __package__.partition(".")[0])
"""The packages whose calls are found: Airflow, and this package, which a rewritten file imports."""


class Argument(NamedTuple):
    """A keyword argument.

    Attributes:
        function: The full name of the called class or function: `airflow.models.DAG`.
        call: The call.
        node: The argument.
    """

    function: str
    call: ast.Call
    node: ast.keyword


def arguments_named(file: PythonFile, *names: str) -> Iterator[Argument]:
    """Yield arguments with these names, in calls of names from Airflow or this package."""
    for statement, node in file.calls_with(names):
        for keyword in node.keywords:
            if keyword.arg in names:
                function = file.name(statement, node.func)
                if function.partition(".")[0] in PACKAGES:
                    yield Argument(function, node, keyword)


def renamed(text: SourceText, node: ast.keyword, name: str) -> Edit:
    """Return the edit that renames an argument."""
    start = text.span(node)[0]
    assert node.arg is not None
    return Edit(start, start + len(node.arg), name.encode())


def removal(text: SourceText, node: ast.keyword | ast.alias) -> Edit:
    """Return the edit that removes an element of a list in parentheses, and its line if nothing else is on the line."""
    start, end = text.span(node)
    comma = _COMMA_AFTER.match(text.body, end)
    assert comma is not None
    end = comma.end()
    line_start = text.line_starts[text.line_of(start) - 1]
    line_end, next_line = text.line_end(end)
    if text.indentation(start) is not None:
        return Edit(line_start, next_line, b"") if end == line_end else Edit(start, end, b"")
    before = _SPACE_AT_END if end == line_end else _COMMA_BEFORE if text.body[end : end + 1] == b")" else None
    if before is not None and (found := before.search(text.body, line_start, start)):
        start = found.start()
    return Edit(start, end, b"")
