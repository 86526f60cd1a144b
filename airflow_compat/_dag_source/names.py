"""Resolve the names of a DAG file."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from .known_calls import OWN_ASSET, OWN_NAMES
from .modules import PACKAGE, Neighbours
from .scopes import END, Binding, Module, Scope, run_orders
from .values import RuntimeValue

_MOST_IMPORTS = 20


@dataclass(frozen=True)
class ScopedExpression:
    """An expression, and the scope for its names.

    Attributes:
        hidden: Names that a comprehension or lambda around the expression binds.
    """

    node: ast.AST
    scope: Scope
    order: int
    hidden: frozenset[str] = frozenset()

    def at(self, node: ast.AST) -> ScopedExpression:
        return ScopedExpression(node, self.scope, self.order, self.hidden)


@dataclass(frozen=True)
class Dotted:
    """A name of another module, whose value is unknown: `airflow.sdk.DAG`."""

    path: str
    importer: str = ""

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    def attribute(self, *names: str) -> Dotted:
        return Dotted(".".join((self.path, *names)), self.importer)


@dataclass(frozen=True)
class Definition:
    """A function or class of a file that was read."""

    scope: Scope

    def __str__(self) -> str:
        return f"{self.scope.name} is a {'class' if self.scope.is_class else 'function'}"


@dataclass
class Names:
    """The names of one file and of its imported modules."""

    module: Module
    neighbours: Neighbours = field(default_factory=Neighbours)
    _tops: dict[int, Module] = field(default_factory=dict)

    def module_of(self, scope: Scope) -> Module:
        while scope.parent is not None:
            scope = scope.parent
        return self._tops.get(id(scope), self.module)

    def dotted(self, place: ScopedExpression) -> Dotted | None:
        """Return the dotted name of an expression, resolved through the imports of all files."""
        names: list[str] = []
        node = place.node
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id in place.hidden:
            return None
        found = self._imported_name(place, node.id)
        return self._origin(found.attribute(*reversed(names))) if found else None

    def _origin(self, dotted: Dotted) -> Dotted:
        """Follow a name through modules that only import it, to the module that defines it."""
        for _ in range(_MOST_IMPORTS):
            found = self.neighbours.find(dotted.path, dotted.importer)
            if found is None or not found.names:
                break
            first, *rest = found.names
            imported = imported_name(found.module.scope.bindings.get(first, []), found.module)
            if imported is None:
                break
            dotted = imported.attribute(*rest)
        return dotted

    def _imported_name(self, place: ScopedExpression, name: str) -> Dotted | None:
        scope = place.scope.owner(name)
        if scope is None:
            found = self.unbound(place, name)
            return found if isinstance(found, Dotted) else None
        for order in self.orders(place, scope, name):
            if imported := imported_name(live_bindings(scope, name, order), self.module_of(scope)):
                return imported
        return None

    def orders(self, place: ScopedExpression, scope: Scope, name: str) -> tuple[int, int]:
        """Return the numbers of the first and the last statement at which the code at a place may read a name."""
        if scope is not place.scope and len(scope.bindings[name]) == 1:
            # If a name has only one binding, that binding applies wherever the name is read.
            return END, END
        return run_orders(place.scope, place.order, scope, self.module_of(scope))

    def unbound(self, place: ScopedExpression, name: str) -> Any:
        module = self.module_of(place.scope)
        own = {"__file__": module.path, "__doc__": module.doc, OWN_ASSET: Dotted("airflow.sdk.Asset")}
        if name in own or name in OWN_NAMES:
            return own.get(name, Dotted(name))
        for star in reversed(module.stars):
            found = self.neighbours.find(f"{star}.{name}", module.path)
            if found and found.names[:1] == (name,) and name in found.module.scope.bindings:
                return Dotted(f"{star}.{name}", module.path)
        if any(_in_airflow(star).partition(".")[0] == "airflow" for star in module.stars):
            return Dotted(f"airflow.{name}")
        line = getattr(place.node, "lineno", 0)
        # If another file imports the name, the reported line is in that file, so the message names the module that
        # lacks the name.
        where = " in this file" if not module.shown else "" if line else f" in {module.shown}"
        return RuntimeValue(f"{name} isn't set{where}", line)


def live_bindings(scope: Scope, name: str, order: int) -> list[Binding]:
    """Return the bindings that may apply at statement `order`: the last unconditional one, and all later ones."""
    bindings = [each for each in scope.bindings[name] if each.order < order]
    return bindings[max((index for index, each in enumerate(bindings) if not each.conditional), default=0) :]


def imported_name(bindings: list[Binding], module: Module) -> Dotted | None:
    """Return the imported name; if a file tries several imports of it, the one from Airflow."""
    imports = [_in_airflow(each.text) for each in bindings if each.kind == "import"]
    if not imports or any(each.kind != "import" and not each.conditional for each in bindings):
        return None
    chosen = next((each for each in imports if each.partition(".")[0] == "airflow"), imports[-1])
    return Dotted(chosen, module.path)


def _in_airflow(path: str) -> str:
    """Return the Airflow name for a name of this package: `airflow.sdk.DAG` for `airflow_compat.sdk.DAG`."""
    top, dot, rest = path.partition(".")
    return f"airflow{dot}{rest.removeprefix('hosted.')}" if top == PACKAGE else path
