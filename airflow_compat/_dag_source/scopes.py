"""Describe the names of a DAG file: where, to which values, and under which conditions they are bound.

Also finds the earliest and latest statement at which a function may be called.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["value", "import", "function", "class", "other"]


class Binding(NamedTuple):
    """One statement's binding of a name.

    Attributes:
        order: The number of the binding's statement in the file.
        node: The expression of an assigned value, or the definition of a function or class.
        text: The dotted name of an import; for other kinds, why the value is unknown.
    """

    order: int
    kind: Kind
    node: ast.AST | None
    text: str
    conditional: bool
    line: int


@dataclass(eq=False)
class Scope:
    """The names of a module, function or class.

    Attributes:
        name: The name of the function or class; empty for a module.
        definition: The function or class; None for a module.
        bindings: The bindings of each name, in the file's order.
        aliases: Pairs of names that refer to the same object.
        attributes: Attributes that are set on a name's object: `dag.doc_md = ...`.
    """

    name: str = ""
    parent: Scope | None = None
    definition: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None = None
    order: int = -1
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    aliases: list[tuple[str, str]] = field(default_factory=list)
    attributes: list[tuple[str, str, ast.expr, int]] = field(default_factory=list)

    def owner(self, name: str) -> Scope | None:
        """Return the innermost scope that has the name: this one or an outer one."""
        scope: Scope | None = self
        while scope is not None and (name not in scope.bindings or (scope is not self and scope.is_class)):
            scope = scope.parent
        return scope

    @property
    def is_class(self) -> bool:
        return isinstance(self.definition, ast.ClassDef)

    def change(self, name: str) -> None:
        """Record that a statement changes the object to which a name and its aliases refer."""
        todo = [name]
        while todo:
            each = todo.pop()
            if each not in self.changed:
                self.changed.add(each)
                todo += [other for pair in self.aliases if each in pair for other in pair]


class Statement(NamedTuple):
    """A statement, its number in the file, and its scope."""

    order: int
    node: ast.stmt
    scope: Scope
    conditional: bool


@dataclass
class Module:
    """The scopes and statements of a file.

    Attributes:
        changes: Names whose object a statement changes, each with the statement's scope.
        path: The file's full path, the value of `__file__`.
        shown: The file's path as reports show it; empty for the DAG file itself.
        speaks_of_dags: False if the file can't create a DAG, because its text lacks the word "dag".
    """

    scope: Scope
    doc: str | None
    path: str = ""
    shown: str = ""
    scopes: list[Scope] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    stars: list[str] = field(default_factory=list)
    changes: list[tuple[Scope, str]] = field(default_factory=list)
    speaks_of_dags: bool = False

    @cached_property
    def users(self) -> Mapping[str, list[Statement]]:
        """The statements that use each name."""
        found: dict[str, list[Statement]] = {}
        for statement in self.statements:
            nodes = (node for part in own_parts(statement.node) for node in ast.walk(part))
            for used in {node.id for node in nodes if isinstance(node, ast.Name)}:
                found.setdefault(used, []).append(statement)
        return found


def docstring(body: list[ast.stmt]) -> str | None:
    match body[:1]:
        case [ast.Expr(value=ast.Constant(value=str() as text))]:
            return text
    return None


END = sys.maxsize
"""The number that stands for the time after the last statement."""

# The statements inside the blocks of a statement are visited separately.
_BLOCKS = (ast.stmt, ast.excepthandler, ast.match_case)
_MOST_USERS = 100


def run_orders(scope: Scope, order: int, outer: Scope, module: Module) -> tuple[int, int]:
    """Return the numbers of the first and the last statement of an outer scope at which code may run.

    A class body runs where it is written. A function body runs where the function is used, or, if unused, after the
    last statement.
    """
    first = last = order
    while scope is not outer and scope.parent is not None:
        if not scope.is_class:
            first, last = _run_of(scope, module)
        scope = scope.parent
    return first, last


def own_parts(node: ast.stmt) -> Iterator[ast.AST]:
    """Yield the parts of a statement, without the statements in its blocks."""
    return (each for each in ast.iter_child_nodes(node) if not isinstance(each, _BLOCKS))


def _run_of(function: Scope, module: Module) -> tuple[int, int]:
    """Return the numbers of the first and the last statement that use a function, also through other functions."""
    outer = function.parent
    orders: list[int] = []
    todo, seen = [function], {id(function)}
    while todo and len(seen) < _MOST_USERS:
        used = todo.pop()
        for statement in module.users.get(used.name, ()):
            user = statement.scope
            while user is not outer and user.parent is not None and user.is_class:
                user = user.parent
            if user is outer and statement.order > used.order:
                orders.append(statement.order)
            elif user.parent is outer and id(user) not in seen:
                seen.add(id(user))
                todo.append(user)
    return (min(orders), max(orders)) if orders and not todo else (END, END)
