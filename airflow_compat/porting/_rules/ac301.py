"""AC301: variables that a file reads each time it is loaded."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from ..._dag_source.scopes import Scope, Statement, own_parts
from .._arguments import PACKAGES
from .._file import PythonFile
from .._import_edits import statements_before
from .._rule import Finding, Rule
from .._source import Edit, SourceText

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Functions that run when the file is loaded.
_AT_LOAD = ("dag", "task_group")


def find(file: PythonFile) -> Iterator[Finding]:
    """Yield one finding for all variables that can move, and one for each of the others."""
    if b"Variable.get" not in file.text.body:
        return
    read = {
        name: statement for statement in file.statements_with(("Variable.get",)) if (name := _name(file, statement))
    }
    users = _users(file, read)
    movable = {name: functions for name, functions in users.items() if functions}
    if movable:
        edits = tuple(_edits(file, read, {name: [each for each in found if each] for name, found in movable.items()}))
        line = read[next(iter(movable))].node.lineno
        message = f"the file reads {', '.join(movable)} when it is loaded; its functions can read them"
        yield Finding(RULE.code, file.path, line, message, tier="unsafe", edits=edits)
    for name, statement in read.items():
        if name in users and name not in movable:
            message = f"the file reads {name} when it is loaded"
            step = "Read the variable in a task, or use a template such as {{ var.value.name }}"
            yield Finding(RULE.code, file.path, statement.node.lineno, message, step, "display-only")


def _name(file: PythonFile, statement: Statement) -> str:
    """Return the name to which a top-level statement assigns `Variable.get(...)`; empty for other statements."""
    node = statement.node
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function, args=args, keywords=keywords)):
            given = [*args, *(each.value for each in keywords)]
            path = file.name(statement, function)
            is_read = path.endswith(".Variable.get") and path.partition(".")[0] in PACKAGES
            is_plain = all(isinstance(each, ast.Constant) for each in given) and node.lineno == node.end_lineno
            at_top = statement.scope is file.module.scope and not statement.conditional
            is_once = len(statement.scope.bindings[name]) == 1 and name not in statement.scope.changed
            return name if is_read and is_plain and at_top and is_once else ""
    return ""


def _users(file: PythonFile, read: Mapping[str, Statement]) -> dict[str, list[ast.stmt]]:
    """Return the functions that use each name, without names that the file also uses at import."""
    found: dict[str, dict[int, ast.stmt]] = {}
    at_load: set[str] = set()
    for statement in file.statements_with(read) if read else ():
        for node in (each for part in own_parts(statement.node) for each in ast.walk(part)):
            if isinstance(node, ast.Name) and node.id in read and isinstance(node.ctx, ast.Load):
                if statement.scope.owner(node.id) is not file.module.scope:
                    continue
                function = _function(statement.scope)
                found.setdefault(node.id, {})
                if function is None or any(_last(each) in _AT_LOAD for each in function.decorator_list):
                    at_load.add(node.id)
                else:
                    found[node.id][id(function)] = function
    return {name: [] if name in at_load else list(functions.values()) for name, functions in found.items()}


def _function(scope: Scope | None) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """Return the innermost function around a place."""
    while scope is not None:
        if isinstance(scope.definition, _FUNCTIONS):
            return scope.definition
        scope = scope.parent
    return None


def _last(node: ast.expr) -> str:
    target = node.func if isinstance(node, ast.Call) else node
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def _edits(file: PythonFile, read: Mapping[str, Statement], users: Mapping[str, list[ast.stmt]]) -> Iterator[Edit]:
    text = file.text
    added: dict[int, tuple[ast.stmt, list[str]]] = {}
    for name, functions in users.items():
        statement = read[name].node
        start, end = text.span(statement)
        yield _removal(text, start, end)
        for function in functions:
            assert isinstance(function, _FUNCTIONS)
            added.setdefault(id(function), (_first(function), []))[1].append(text.body[start:end].decode())
    for first, statements in added.values():
        yield from statements_before(text, first, statements)


def _removal(text: SourceText, start: int, end: int) -> Edit:
    line_end, next_line = text.line_end(end)
    rest = text.body[end:line_end]
    if text.indentation(start) is not None and not rest.strip():
        return Edit(text.line_starts[text.line_of(start) - 1], next_line, b"")
    # A comment stays.
    return Edit(start, end + len(rest) - len(rest.lstrip(b" \t;")), b"")


def _first(function: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.stmt:
    """Return the first statement after the docstring."""
    first, *others = function.body
    is_text = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return others[0] if is_text and others else first


RULE = Rule(
    code="AC301",
    name="variable-at-load",
    tier="unsafe",
    about="""\
The file reads an Airflow variable at its top level, so each load of the file asks the server, also one that only lists
the DAGs. After the rewrite, each function that uses the name reads the variable itself. If the file also uses the name
while the file is loaded, the command only lists the place.""",
    safety="""\
Another file may import the name that the rule removes. A function reads the variable when the function runs, so it may
get a later value.""",
    before="""\
from airflow_compat.sdk import Variable, task

REGION = Variable.get("region")  # such as eu


@task
def load():
    print(REGION)
""",
    after="""\
from airflow_compat.sdk import Variable, task

# such as eu


@task
def load():
    REGION = Variable.get("region")
    print(REGION)
""",
    unchanged="""\
from airflow_compat.sdk import Variable, task


@task
def load():
    REGION = Variable.get("region")
    print(REGION)
""",
    find=find,
)
