"""What the names of a DAG file stand for: through its imports, its assignments, and what is changed afterwards."""

from __future__ import annotations

import ast
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .source_calls import CONSTANTS, OWN_ASSET, OWN_NAMES
from .source_scopes import Binding, Module, Scope
from .source_values import Computed

Steps: TypeAlias = Generator["Place", Any, Any]
"""An evaluation that gives out the expressions that it waits for, and is sent what they come to."""


@dataclass(frozen=True)
class Place:
    """An expression, and where its names are looked up.

    Attributes:
        node: The expression.
        scope: Its scope.
        order: The number of its statement.
        hidden: Names that a comprehension or a lambda around it binds.
    """

    node: ast.AST
    scope: Scope
    order: int
    hidden: frozenset[str] = frozenset()

    def at(self, node: ast.AST) -> Place:
        """Another expression of the same statement."""
        return Place(node, self.scope, self.order, self.hidden)


@dataclass(frozen=True)
class Dotted:
    """A name of another module, which nothing is known of but its path: `airflow.sdk.DAG`."""

    path: str

    @property
    def name(self) -> str:
        """The path's last part."""
        return self.path.rpartition(".")[2]


@dataclass
class Names:
    """The names of one file.

    Attributes:
        module: What the file binds.
        path: The file's own path, which `__file__` is.
    """

    module: Module
    path: str
    _found: dict[tuple[int, str, int], Any] = field(default_factory=dict)

    def dotted(self, place: Place) -> str:
        """The dotted name that an expression stands for, through the file's imports; empty for none."""
        names: list[str] = []
        node = place.node
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id in place.hidden:
            return ""
        scope = place.scope.owner(node.id)
        found = self._unbound(node.id, 0) if scope is None else _imported(scope.bindings[node.id])
        return ".".join([found.path, *reversed(names)]) if isinstance(found, Dotted) else ""

    def value(self, place: Place, name: str) -> Steps:
        """What a name stands for at a place."""
        line = getattr(place.node, "lineno", 0)
        if name in place.hidden:
            return Computed(f"{name} is another one in each turn of a loop", line)
        scope = place.scope.owner(name)
        if scope is None:
            return self._unbound(name, line)
        key = (id(scope), name, place.order if scope is place.scope else -1)
        if key not in self._found:
            self._found[key] = yield from self._bound(place, scope, name, line)
        return self._found[key]

    def _bound(self, place: Place, scope: Scope, name: str, line: int) -> Steps:
        is_own = scope is place.scope
        # A function's own statements come in order; it is called when those around it are done.
        bindings = [each for each in scope.bindings[name] if not is_own or each.order < place.order]
        if imported := _imported(bindings):
            return imported
        if why := _not_known(scope, name, bindings, is_own=is_own):
            return Computed(f"{name} {why}", line)
        last = bindings[-1]
        if last.kind == "value" and last.node is not None:
            return (yield Place(last.node, scope, last.order))
        if isinstance(last.node, ast.FunctionDef) and (call := self._asset(last.node, place)):
            return (yield Place(call, scope, last.order))
        return Computed(f"{name} {last.text}", line)

    def _asset(self, node: ast.FunctionDef, place: Place) -> ast.Call | None:
        """The asset that a function under `@asset` stands for, as the call that makes it."""
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else ast.Call(decorator, [], [])
            path = self.dotted(place.at(call.func))
            if path.startswith("airflow.") and path.endswith(".asset"):
                named = [each for each in call.keywords if each.arg in ("name", "uri")]
                if not any(each.arg == "name" for each in named):
                    named.append(ast.keyword("name", ast.Constant(node.name)))
                made = ast.Call(ast.Name(OWN_ASSET), [], named)
                return ast.fix_missing_locations(ast.copy_location(made, decorator))
        return None

    def _unbound(self, name: str, line: int) -> Any:
        match name:
            case "__file__":
                return self.path
            case "__doc__":
                return self.module.doc
            case _ if name == OWN_ASSET:
                return Dotted("airflow.sdk.Asset")
            case _ if name in OWN_NAMES:
                return Dotted(name)
            case _ if any(star.partition(".")[0] == "airflow" for star in self.module.stars):
                return Dotted(f"airflow.{name}")
        return Computed(f"{name} isn't set in this file", line)


def _not_known(scope: Scope, name: str, bindings: list[Binding], *, is_own: bool) -> str:
    """Why it isn't known what a name is bound to; empty where it is."""
    if not bindings:
        return "isn't set before this"
    if not is_own and len(bindings) > 1:
        return "is set more than once"
    if bindings[-1].conditional or any(each.kind == "other" and "set by" in each.text for each in bindings):
        return "is set under a condition"
    return "is changed after it is set" if name in scope.changed else ""


def known(value: Any, line: int) -> Any:
    """The value that a name of another module stands for, where that is one."""
    if not isinstance(value, Dotted):
        return value
    return CONSTANTS.get(value.path) or Computed(f"is {value.path}, which stands in another file", line)


def _imported(bindings: list[Binding]) -> Dotted | None:
    """What a name was imported as: Airflow's where there is a fallback for another release."""
    imports = [each.text for each in bindings if each.kind == "import"]
    if not imports or any(
        each.kind not in ("import", "class", "function") and not each.conditional for each in bindings
    ):
        return None
    return Dotted(next((each for each in imports if each.partition(".")[0] == "airflow"), imports[-1]))
