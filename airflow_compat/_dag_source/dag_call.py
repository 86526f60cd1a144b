"""Read the arguments of a call that creates a DAG."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from .names import ScopedExpression
from .scopes import Scope, Statement


@dataclass(frozen=True)
class DagCall:
    """A call that creates a DAG.

    Attributes:
        keywords: The keyword arguments of the call, and the DAG's attributes that later statements set.
        default_id: The decorated function's name.
        parameters: The decorated function's parameters with their defaults; None if no function is decorated.
        refusal: The reason why the DAG can't be read; empty if it can.
        remark: A warning and its details, if it is uncertain whether or how often the DAG is created.
    """

    line: int
    positional: tuple[ScopedExpression, ...] = ()
    keywords: Mapping[str, ScopedExpression] = field(default_factory=dict)
    unpacked: tuple[ScopedExpression, ...] = ()
    default_id: str = ""
    doc: str = ""
    parameters: Mapping[str, ScopedExpression | None] | None = None
    is_asset: bool = False
    refusal: str = ""
    detail: str = ""
    remark: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class FoundCalls:
    """The calls in a file that create DAGs or tasks with a container image.

    Attributes:
        calls: The calls that create DAGs, in the file's order.
        images: The names, image expressions and lines of container operators.
        makers: The file's functions and classes that create DAGs.
        guesses: Functions of unknown modules whose names suggest a DAG, with the lines of their calls.
    """

    calls: list[DagCall]
    images: list[tuple[str, ScopedExpression | None, int]]
    makers: frozenset[str]
    guesses: list[tuple[str, int]]


def place_of(statement: Statement, node: ast.AST, hidden: frozenset[str] = frozenset()) -> ScopedExpression:
    return ScopedExpression(node, statement.scope, statement.order, hidden)


def refused(line: int, why: str, detail: str = "") -> DagCall:
    """Return a call whose DAG can't be read, so that the user has to write the DAG's deployment."""
    return DagCall(line, refusal=f"{why}; add the DAG's deployment to prefect.yaml yourself", detail=detail)


def read_call(statement: Statement, call: ast.Call | None, line: int, hidden: frozenset[str] = frozenset()) -> DagCall:
    """Read the arguments of a call that creates a DAG; `call` is None for a decorator without parentheses."""
    arguments, keywords = (call.args, call.keywords) if call else ([], [])
    if any(isinstance(each, ast.Starred) for each in arguments):
        return refused(line, "the DAG's positional arguments are unpacked")
    named = [(each.arg, place_of(statement, each.value, hidden)) for each in keywords]
    return DagCall(
        line,
        positional=tuple(place_of(statement, each, hidden) for each in arguments),
        keywords={name: place for name, place in named if name is not None},
        unpacked=tuple(place for name, place in named if name is None),
        remark=_remark(statement),
    )


def outermost(scope: Scope) -> str:
    """Return the top-level function or class that contains a scope; empty if the scope is in neither."""
    name = ""
    while scope.parent is not None:
        name, scope = scope.name, scope.parent
    return name


def _remark(statement: Statement) -> tuple[str, str]:
    if statement.conditional:
        return "the DAG is created under a condition or in a loop; one deployment is written for the DAG", ""
    if statement.scope.name:
        return "the DAG is created by a function; one deployment is written for the DAG", f"{statement.scope.name}()"
    return "", ""


def names_given(node: ast.stmt) -> set[str]:
    match node:
        case ast.Assign(targets=targets):
            return {each.id for each in targets if isinstance(each, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.With(items=items):
            return {each.optional_vars.id for each in items if isinstance(each.optional_vars, ast.Name)}
    return set()


def bound_in(expression: ast.expr) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(expression):
        match node:
            case ast.comprehension(target=target):
                names |= {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}
            case ast.arg(arg=name) | ast.NamedExpr(target=ast.Name(id=name)):
                names.add(name)
    return names
