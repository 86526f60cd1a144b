"""The order of execution: what of a file has run when the code of one of its functions runs."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence

from .source_scopes import Module, Scope, Statement

END = sys.maxsize
"""The moment after the last statement."""

# What is in a statement's blocks has its own turn.
BLOCKS = frozenset(("body", "orelse", "finalbody", "handlers", "cases", "ctx"))
_MOST_USERS = 100


def run_orders(scope: Scope, order: int, outer: Scope, module: Module) -> tuple[int, int]:
    """The first and the last moment at which code runs, counted in the statements of a scope around it.

    The body of a class runs where it is. The body of a function runs where the function is used, and after the last
    statement if it is used nowhere.

    Args:
        scope: The scope of the code.
        order: The number of its statement.
        outer: The scope around it.
        module: The module of both.
    """
    first = last = order
    while scope is not outer and scope.parent is not None:
        if not scope.is_class:
            first, last = _run_of(scope, module)
        scope = scope.parent
    return first, last


def users(module: Module, name: str) -> Sequence[Statement]:
    """The statements whose expressions use a name."""
    if module.users is None:
        module.users = {}
        for statement in module.statements:
            for used in _names_in(statement):
                module.users.setdefault(used, []).append(statement)
    return module.users.get(name, ())


def _run_of(function: Scope, module: Module) -> tuple[int, int]:
    """The first and the last use of a function, also by other functions of the module."""
    outer = function.parent
    orders: list[int] = []
    todo, seen = [function], {id(function)}
    while todo and len(seen) < _MOST_USERS:
        used = todo.pop()
        for statement in users(module, used.name):
            user = statement.scope
            while user is not outer and user.parent is not None and user.is_class:
                user = user.parent
            if user is outer and statement.order > used.order:
                orders.append(statement.order)
            elif user.parent is outer and id(user) not in seen:
                seen.add(id(user))
                todo.append(user)
    return (min(orders), max(orders)) if orders and not todo else (END, END)


def _names_in(statement: Statement) -> set[str]:
    todo: list[ast.AST] = [
        each
        for field, value in ast.iter_fields(statement.node)
        if field not in BLOCKS
        for each in (value if isinstance(value, list) else [value])
        if isinstance(each, ast.AST)
    ]
    names: set[str] = set()
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name):
            names.add(node.id)
        todo += ast.iter_child_nodes(node)
    return names
