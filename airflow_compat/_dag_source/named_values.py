"""What the names of a DAG file stand for: through its imports, its assignments, and what is changed afterwards."""

from __future__ import annotations

import ast
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from .source_calls import CONSTANTS, OWN_ASSET, OWN_NAMES
from .source_modules import Neighbours
from .source_order import END, run_orders
from .source_scopes import Binding, Module, Scope
from .source_values import Computed

_MOST_IMPORTS = 20

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
    importer: str = ""

    @property
    def name(self) -> str:
        """The path's last part."""
        return self.path.rpartition(".")[2]

    def attribute(self, name: str) -> Dotted:
        """The name of an attribute."""
        return Dotted(f"{self.path}.{name}", self.importer)


@dataclass(frozen=True)
class Definition:
    """A function or a class of a file that was read."""

    scope: Scope

    def __str__(self) -> str:
        return f"{self.scope.name} is a {'class' if self.scope.is_class else 'function'}"


@dataclass
class Names:
    """The names of one file, and of those that it imports from the modules beside it.

    Attributes:
        module: What the file binds.
        neighbours: The modules beside it.
    """

    module: Module
    neighbours: Neighbours = field(default_factory=Neighbours)
    _found: dict[tuple[int, str, tuple[int, int]], Any] = field(default_factory=dict)
    _tops: dict[int, Module] = field(default_factory=dict)

    def module_of(self, scope: Scope) -> Module:
        """The module that a scope is in."""
        while scope.parent is not None:
            scope = scope.parent
        return self._tops.get(id(scope), self.module)

    def dotted(self, place: Place) -> Dotted | None:
        """The dotted name that an expression stands for, through the imports of all files."""
        names: list[str] = []
        node = place.node
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id in place.hidden:
            return None
        found = self._imported_name(place, node.id)
        if found is None:
            return None
        for name in reversed(names):
            found = found.attribute(name)
        return self._origin(found)

    def _origin(self, dotted: Dotted) -> Dotted:
        """The name in the module that it comes from, when the modules between them only import it."""
        for _ in range(_MOST_IMPORTS):
            found = self.neighbours.find(dotted.path, dotted.importer)
            if found is None or not found.names:
                break
            first, *rest = found.names
            imported = _imported(found.module.scope.bindings.get(first, []), found.module)
            if imported is None:
                break
            dotted = imported
            for name in rest:
                dotted = dotted.attribute(name)
        return dotted

    def _imported_name(self, place: Place, name: str) -> Dotted | None:
        scope = place.scope.owner(name)
        if scope is None:
            found = self._unbound(place, name)
            return found if isinstance(found, Dotted) else None
        for order in self._orders(place, scope, name):
            if imported := _imported(_live(scope, name, order), self.module_of(scope)):
                return imported
        return None

    def value(self, place: Place, name: str) -> Steps:
        """What a name stands for at a place."""
        line = getattr(place.node, "lineno", 0)
        if name in place.hidden:
            return Computed(f"{name} is another one in each turn of a loop", line)
        scope = place.scope.owner(name)
        if scope is None:
            found = self._unbound(place, name)
            return (yield from self.follow(found)) if isinstance(found, Dotted) else found
        orders = self._orders(place, scope, name)
        key = (id(scope), name, orders)
        if key not in self._found:
            self._found[key] = yield from self._bound(place, scope, name, orders)
        return self._found[key]

    def _orders(self, place: Place, scope: Scope, name: str) -> tuple[int, int]:
        """The first and the last moment of execution at which a place reads a name of a scope."""
        if scope is not place.scope and len(scope.bindings[name]) == 1:
            # Whenever that is, the name has this binding.
            return END, END
        return run_orders(place.scope, place.order, scope, self.module_of(scope))

    def _bound(self, place: Place, scope: Scope, name: str, orders: tuple[int, int]) -> Steps:
        line = getattr(place.node, "lineno", 0)
        bindings = _live(scope, name, orders[0])
        if bindings != _live(scope, name, orders[1]):
            return Computed(f"{name} is set more than once", line)
        if imported := _imported(bindings, self.module_of(scope)):
            found = yield from self.follow(imported)
            is_changed = name in scope.changed and found is not imported
            return Computed(f"{name} is changed after it is set", line) if is_changed else found
        if why := _not_known(scope, name, bindings):
            options = yield from self._options(scope, name, bindings)
            return Computed(f"{name} {why}", line, options=options)
        last = bindings[-1]
        node = last.node
        if isinstance(node, ast.FunctionDef):
            node = self._asset(node, place) or node
        if isinstance(node, ast.expr):
            return (yield Place(node, scope, last.order))
        defined = [Definition(each) for each in self.module_of(scope).scopes if node and each.definition is node]
        return defined[0] if defined else Computed(f"{name} {last.text}", line)

    def _options(self, scope: Scope, name: str, bindings: list[Binding]) -> Steps:
        """The values between which a condition decides; none where some of them are not known."""
        if name in scope.changed or len(bindings) < 2 or any(each.kind != "value" for each in bindings):
            return ()
        found: list[Any] = []
        for each in bindings:
            assert each.node is not None
            found.append(known((yield Place(each.node, scope, each.order)), 0))
        return tuple(found)

    def follow(self, dotted: Dotted) -> Steps:
        """What a name of a module beside the DAG file stands for; the name itself where there is no such module."""
        found = self.neighbours.find(dotted.path, dotted.importer)
        if found is None or not found.names:
            return dotted
        scope = found.module.scope
        self._tops[id(scope)] = found.module
        first, *rest = found.names
        value = yield Place(ast.Name(first), scope, END)
        for name in rest:
            value = yield from self.attribute(value, name)
        return value

    def data(self, value: Any, place: Place, node: ast.expr) -> Any:
        """The value of a part of an expression, which is `Computed` where it is no data."""
        found = known(value, node.lineno)
        is_new = isinstance(found, Computed) and found is not value
        return replace(found, path=self.module_of(place.scope).shown) if is_new else found

    def attribute(self, owner: Any, name: str) -> Steps:
        """An attribute of what a name stands for."""
        if isinstance(owner, Dotted):
            return (yield from self.follow(owner.attribute(name)))
        if isinstance(owner, Definition) and owner.scope.is_class and name in owner.scope.bindings:
            return (yield Place(ast.Name(name), owner.scope, END))
        if isinstance(owner, Computed):
            return owner
        return Computed(f"reads {owner.scope.name}.{name}" if isinstance(owner, Definition) else f"reads .{name}")

    def _asset(self, node: ast.FunctionDef, place: Place) -> ast.Call | None:
        """The asset that a function under `@asset` stands for, as the call that makes it."""
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else ast.Call(decorator, [], [])
            dotted = self.dotted(place.at(call.func))
            if dotted and dotted.path.startswith("airflow.") and dotted.name == "asset":
                named = [each for each in call.keywords if each.arg in ("name", "uri")]
                if not any(each.arg == "name" for each in named):
                    named.append(ast.keyword("name", ast.Constant(node.name)))
                made = ast.Call(ast.Name(OWN_ASSET), [], named)
                return ast.fix_missing_locations(ast.copy_location(made, decorator))
        return None

    def _unbound(self, place: Place, name: str) -> Any:
        module = self.module_of(place.scope)
        own = {"__file__": module.path, "__doc__": module.doc, OWN_ASSET: Dotted("airflow.sdk.Asset")}
        if name in own or name in OWN_NAMES:
            return own.get(name, Dotted(name))
        for star in reversed(module.stars):
            found = self.neighbours.find(f"{star}.{name}", module.path)
            if found and found.names[:1] == (name,) and name in found.module.scope.bindings:
                return Dotted(f"{star}.{name}", module.path)
        if any(star.partition(".")[0] == "airflow" for star in module.stars):
            return Dotted(f"airflow.{name}")
        return Computed(f"{name} isn't set in this file", getattr(place.node, "lineno", 0))


def _live(scope: Scope, name: str, order: int) -> list[Binding]:
    """The bindings that may hold at a moment: the last one that is certain, and those after it."""
    bindings = [each for each in scope.bindings[name] if each.order < order]
    for index in reversed(range(len(bindings))):
        if not bindings[index].conditional:
            return bindings[index:]
    return bindings


def _not_known(scope: Scope, name: str, bindings: list[Binding]) -> str:
    """Why it isn't known what a name is bound to; empty where it is."""
    if not bindings:
        return "isn't set before this"
    if bindings[-1].conditional or _is_set_elsewhere(scope.bindings[name]):
        return "is set under a condition"
    return "is changed after it is set" if name in scope.changed else ""


def known(value: Any, line: int) -> Any:
    """The value that a name of another module stands for, where that is one."""
    if isinstance(value, Definition):
        return Computed(str(value), line)
    if not isinstance(value, Dotted):
        return value
    return CONSTANTS.get(value.path) or Computed(f"is {value.path}, which isn't among the DAG files", line)


def _imported(bindings: list[Binding], module: Module) -> Dotted | None:
    """What a name was imported as: Airflow's where there is a fallback for another release."""
    imports = [each.text for each in bindings if each.kind == "import"]
    if not imports or any(each.kind != "import" and not each.conditional for each in bindings):
        return None
    chosen = next((each for each in imports if each.partition(".")[0] == "airflow"), imports[-1])
    return Dotted(chosen, module.path)


def _is_set_elsewhere(bindings: list[Binding]) -> bool:
    """True where a function sets the name by `global`."""
    return any(each.kind == "other" and "set by" in each.text for each in bindings)
