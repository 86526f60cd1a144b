"""The order of execution: what of a file has run when the code of one of its functions runs."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from .source_scopes import Module, Scope, Statement

END = sys.maxsize
"""The moment after the last statement."""

# What is in a statement's blocks has its own turn.
BLOCKS = frozenset(("body", "orelse", "finalbody", "handlers", "cases", "ctx"))


def run_orders(scope: Scope, order: int, outer: Scope, module: Module) -> tuple[int, ...]:
    """The moments at which code runs, counted in the statements of a scope around it.

    The body of a class runs where it is. The body of a function runs where the function is used, and after the last
    statement if it is used nowhere.

    Args:
        scope: The scope of the code.
        order: The number of its statement.
        outer: The scope around it.
        module: The module of both.
    """
    orders: tuple[int, ...] = (order,)
    while scope is not outer and scope.parent is not None:
        if not scope.is_class:
            orders = tuple(_uses(scope, module, frozenset())) or (END,)
        scope = scope.parent
    return orders


def _uses(function: Scope, module: Module, seen: frozenset[int]) -> Iterator[int]:
    """The statements at which a function is used, also by other functions of the module."""
    outer = function.parent
    for statement in module.statements if id(function) not in seen else ():
        if statement.order <= function.order or not mentions(statement, function.name):
            continue
        user = statement.scope
        while user is not outer and user.parent is not None and user.is_class:
            user = user.parent
        if user is outer:
            yield statement.order
        elif user.parent is outer:
            yield from _uses(user, module, seen | {id(function)})


def mentions(statement: Statement, name: str) -> bool:
    """True if the expressions of a statement use a name."""
    todo: list[ast.AST] = [
        each
        for field, value in ast.iter_fields(statement.node)
        if field not in BLOCKS
        for each in (value if isinstance(value, list) else [value])
        if isinstance(each, ast.AST)
    ]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name) and node.id == name:
            return True
        todo += ast.iter_child_nodes(node)
    return False
