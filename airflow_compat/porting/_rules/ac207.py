"""AC207: `execution_date`, which Airflow 2.2 renamed to `logical_date`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..._dag_source.scopes import Statement, own_parts
from .._file import PythonFile
from .._rule import Finding, Rule
from .._source import Edit

_OLD, _NEW = "execution_date", "logical_date"
_BLOCK = re.compile(rb"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
# The name alone: not as an attribute, as a part of another word, as a key or as an argument.
_IN_BLOCK = re.compile(rb"(?<![\w.'\"\\])execution_date(?![\w'\"(]|\s*=[^=])")
_CONTEXTS = frozenset(("context", "kwargs", "ctx"))


def find(file: PythonFile) -> Iterator[Finding]:
    """Yield a finding for each template and each key of a context."""
    for statement in file.statements_with((_OLD,)):
        # `_walk` leaves out the parts of f-strings, whose positions do not match the file's text.
        nodes = [node for part in own_parts(statement.node) for node in _walk(part)]
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if edits := tuple(_in_template(file, node)):
                    yield Finding(RULE.code, file.path, node.lineno, f"a template uses {_OLD}; use {_NEW}", edits=edits)
            elif (key := _key(node, statement)) is not None:
                start, end = file.text.span(key)
                if file.text.body[start + 1 : end - 1] == _OLD.encode():
                    edits = (Edit(start + 1, end - 1, _NEW.encode()),)
                    message = f"a context is read with the key {_OLD}; use {_NEW}"
                    yield Finding(RULE.code, file.path, key.lineno, message, tier="unsafe", edits=edits)


def _walk(part: ast.AST) -> Iterator[ast.AST]:
    todo = [part]
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.JoinedStr):
            todo += reversed(list(ast.iter_child_nodes(node)))


def _in_template(file: PythonFile, node: ast.Constant) -> Iterator[Edit]:
    start, end = file.text.span(node)
    for block in _BLOCK.finditer(file.text.body, start, end):
        for found in _IN_BLOCK.finditer(file.text.body, *block.span()):
            yield Edit(*found.span(), _NEW.encode())


def _key(node: ast.AST, statement: Statement) -> ast.Constant | None:
    """Return the key, if a function reads it from its context."""
    match node:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value="execution_date") as key):
            pass
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr="get"),
            args=[ast.Constant(value="execution_date") as key, *_],
        ):
            pass
        case _:
            return None
    function = statement.scope.definition
    return key if name in _CONTEXTS and isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) else None


RULE = Rule(
    code="AC207",
    name="execution-date",
    tier="safe",
    about="""\
Airflow 2.2 renamed `execution_date` to `logical_date`, and Airflow 3.0 removed the old name from templates and
contexts. In templates, the new name is safe.""",
    safety="""\
A function's `context["execution_date"]` changes with `--unsafe` alone: code other than Airflow may call the function
with a dict of its own.""",
    before="""\
from airflow_compat.operators import BashOperator

BashOperator(task_id="load", bash_command="load --day {{ execution_date.date() }}")
""",
    after="""\
from airflow_compat.operators import BashOperator

BashOperator(task_id="load", bash_command="load --day {{ logical_date.date() }}")
""",
    unchanged="""\
text = "execution_date {{ params.execution_date }} {{ next_execution_date }}"
execution_date = None
""",
    find=find,
)
