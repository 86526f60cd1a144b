"""One place where a DAG is made, with its arguments."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from .source_names import Place
from .source_scopes import Scope, Statement


@dataclass(frozen=True)
class DagCall:
    """One place where a DAG is made.

    Attributes:
        line: Where.
        positional: The arguments by position.
        keywords: Those by name; also what is set on the DAG afterwards.
        unpacked: What is unpacked into it by `**`.
        default_id: Its id where none is given: the decorated function's name.
        doc: The decorated function's docstring.
        parameters: The decorated function's parameters with their defaults; None for no such function.
        is_asset: Whether it comes of `@asset`.
        refusal: Why it is no DAG that can be read.
        detail: What is special about that.
        remark: What isn't known of whether it is made, and what is special about that.
    """

    line: int
    positional: tuple[Place, ...] = ()
    keywords: Mapping[str, Place] = field(default_factory=dict)
    unpacked: tuple[Place, ...] = ()
    default_id: str = ""
    doc: str = ""
    parameters: Mapping[str, Place | None] | None = None
    is_asset: bool = False
    refusal: str = ""
    detail: str = ""
    remark: tuple[str, str] = ("", "")


@dataclass
class Found:
    """What a file has.

    Attributes:
        calls: Where DAGs are made, in the file's order.
        images: The operators that run containers: their names, the places of their images, and their lines.
        makers: The functions and classes of the file that make DAGs.
        guesses: Calls of unknown modules that make DAGs by their names: those names, and their lines.
    """

    calls: list[DagCall] = field(default_factory=list)
    images: list[tuple[str, Place | None, int]] = field(default_factory=list)
    makers: frozenset[str] = frozenset()
    guesses: list[tuple[str, int]] = field(default_factory=list)


def place_of(statement: Statement, node: ast.AST, hidden: frozenset[str] = frozenset()) -> Place:
    """An expression of a statement, and where its names are looked up."""
    return Place(node, statement.scope, statement.order, hidden)


def read_call(statement: Statement, call: ast.Call | None, line: int, hidden: frozenset[str] = frozenset()) -> DagCall:
    """The arguments of a call that makes a DAG; of none for a decorator without parentheses."""
    positional: list[Place] = []
    keywords: dict[str, Place] = {}
    unpacked: list[Place] = []
    for each in call.args if call else ():
        if isinstance(each, ast.Starred):
            return DagCall(line, refusal="its arguments by position are unpacked; write its deployment yourself")
        positional.append(place_of(statement, each, hidden))
    for keyword in call.keywords if call else ():
        place = place_of(statement, keyword.value, hidden)
        if keyword.arg is None:
            unpacked.append(place)
        else:
            keywords[keyword.arg] = place
    return DagCall(line, tuple(positional), keywords, tuple(unpacked), remark=_remark(statement))


def outermost(scope: Scope) -> str:
    """The function or the class at the top of a module that a scope is in; empty for the module."""
    name = ""
    while scope.parent is not None:
        name, scope = scope.name, scope.parent
    return name


def _remark(statement: Statement) -> tuple[str, str]:
    if statement.conditional:
        return "it is made under a condition or in a loop; it is written as if it were made once", ""
    function = statement.scope.name
    if function:
        return "it is made by a function; it is written as if that were called once", f"{function}()"
    return "", ""


def names_given(node: ast.stmt) -> set[str]:
    """The names that a statement gives to a DAG that it makes."""
    match node:
        case ast.Assign(targets=targets):
            return {each.id for each in targets if isinstance(each, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.With(items=items):
            return {each.optional_vars.id for each in items if isinstance(each.optional_vars, ast.Name)}
    return set()


def bound_in(expression: ast.expr) -> set[str]:
    """The names that comprehensions and lambdas in an expression bind."""
    names: set[str] = set()
    for node in ast.walk(expression):
        match node:
            case ast.comprehension(target=target):
                names |= {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}
            case ast.arg(arg=name):
                names.add(name)
            case ast.NamedExpr(target=ast.Name(id=name)):
                names.add(name)
    return names
