"""The names of a DAG file: what each is bound to, where, and under which condition."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["value", "import", "function", "class", "other"]


class Binding(NamedTuple):
    """One place that binds a name.

    Attributes:
        order: The number of its statement, counted through the file.
        kind: What it is bound to.
        node: The expression, for a value; the definition, for a function or a class.
        text: The dotted name, for an import; for another kind, why its value isn't known.
        conditional: Whether it may not come to it.
    """

    order: int
    kind: Kind
    node: ast.AST | None
    text: str
    conditional: bool


@dataclass(eq=False)
class Scope:
    """A module's, a function's or a class's names.

    Attributes:
        name: The function's or the class's; empty for a module.
        parent: The scope around it.
        definition: The function or the class; None for a module.
        order: The number of the definition's statement.
        bindings: Every name's, in the file's order.
        changed: Names whose object is changed after it was made.
        aliases: Pairs of names that one object has.
        attributes: What is set on a name's object: `dag.doc_md = ...`.
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
        """The scope that binds the name, as seen from this one."""
        scope: Scope | None = self
        while scope is not None and (name not in scope.bindings or (scope is not self and scope.is_class)):
            scope = scope.parent
        return scope

    @property
    def is_class(self) -> bool:
        """True for the names of a class, which functions inside it do not see."""
        return isinstance(self.definition, ast.ClassDef)

    def change(self, name: str) -> None:
        """Note a change to the object of a name, and of the other names that it has."""
        todo = [name]
        while todo:
            each = todo.pop()
            if each not in self.changed:
                self.changed.add(each)
                todo += [other for pair in self.aliases if each in pair for other in pair]


class Statement(NamedTuple):
    """One statement, and where it stands."""

    order: int
    node: ast.stmt
    scope: Scope
    conditional: bool


@dataclass
class Module:
    """What the walk found.

    Attributes:
        scope: The module's own names.
        scopes: All of them.
        statements: All, in the file's order.
        stars: The modules whose names were all imported.
        changes: Names whose object is changed after it was made, each with the scope where that is done.
        users: The statements that use each name; None until somebody asks.
        doc: The module's docstring.
        path: The file's full path, which `__file__` is.
        shown: The file's path in reports; empty for the DAG file itself.
    """

    scope: Scope
    doc: str | None
    path: str = ""
    shown: str = ""
    scopes: list[Scope] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    stars: list[str] = field(default_factory=list)
    changes: list[tuple[Scope, str]] = field(default_factory=list)
    users: dict[str, list[Statement]] | None = None


def docstring(body: list[ast.stmt]) -> str | None:
    """The text that stands first."""
    match body[:1]:
        case [ast.Expr(value=ast.Constant(value=str() as text))]:
            return text
    return None
