"""Find the values of names, from their assignments, imports and definitions."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import Any

from .known_calls import CONSTANTS, OWN_ASSET
from .names import Definition, Dotted, Names, ScopedExpression, imported_name, live_bindings
from .scopes import END, Binding, Scope
from .values import RuntimeValue


@dataclass
class NamedValues(Names, ABC):
    """The names of one file, and their values."""

    _found: dict[tuple[int, str, tuple[int, int]], Any] = field(default_factory=dict)

    @abstractmethod
    def evaluate(self, place: ScopedExpression) -> Any:
        """Return the value of a part of an expression."""

    def value_of_name(self, place: ScopedExpression, name: str) -> Any:
        line = getattr(place.node, "lineno", 0)
        if name in place.hidden:
            return RuntimeValue(f"{name} differs in each iteration of a loop", line)
        scope = place.scope.owner(name)
        if scope is None:
            found = self.unbound(place, name)
            return self.follow(found) if isinstance(found, Dotted) else found
        orders = self.orders(place, scope, name)
        key = (id(scope), name, orders)
        if key not in self._found:
            self._found[key] = self._bound(place, scope, name, orders)
        return self._found[key]

    def _bound(self, place: ScopedExpression, scope: Scope, name: str, orders: tuple[int, int]) -> Any:
        bindings = live_bindings(scope, name, orders[0])
        # The result is cached for all expressions that read the name, so the line in the result is the line of the
        # assignment.
        line = bindings[-1].line if bindings else 0
        if bindings != live_bindings(scope, name, orders[1]):
            return RuntimeValue(f"{name} is set more than once", line)
        if imported := imported_name(bindings, self.module_of(scope)):
            found = self.follow(imported)
            is_changed = name in scope.changed and found is not imported
            return RuntimeValue(f"{name} is changed after it is set", line) if is_changed else found
        if why := _not_known(scope, name, bindings):
            return RuntimeValue(f"{name} {why}", line, options=self._options(scope, name, bindings))
        last = bindings[-1]
        node = last.node
        if isinstance(node, ast.FunctionDef):
            node = self._asset(node, place) or node
        if isinstance(node, ast.expr):
            return self.evaluate(ScopedExpression(node, scope, last.order))
        defined = [Definition(each) for each in self.module_of(scope).scopes if node and each.definition is node]
        return defined[0] if defined else RuntimeValue(f"{name} {last.text}", line)

    def _options(self, scope: Scope, name: str, bindings: list[Binding]) -> Any:
        if name in scope.changed or len(bindings) < 2 or any(each.kind != "value" for each in bindings):
            return ()
        places = [ScopedExpression(each.node, scope, each.order) for each in bindings if each.node]
        return tuple(known(self.evaluate(place), 0) for place in places)

    def follow(self, dotted: Dotted) -> Any:
        """Return the value of an imported name; the name itself if its module was not found."""
        found = self.neighbours.find(dotted.path, dotted.importer)
        if found is None or not found.names:
            return dotted
        scope = found.module.scope
        self._tops[id(scope)] = found.module
        first, *rest = found.names
        value = self.evaluate(ScopedExpression(ast.Name(first), scope, END))
        for name in rest:
            value = self.attribute(value, name)
        return value

    def data(self, value: Any, place: ScopedExpression, node: ast.expr) -> Any:
        """Return the value of an expression's part; `RuntimeValue` for a function, a class or an unknown name."""
        found = known(value, node.lineno)
        is_new = isinstance(found, RuntimeValue) and found is not value
        return replace(found, path=self.module_of(place.scope).shown) if is_new else found

    def attribute(self, owner: Any, name: str) -> Any:
        if isinstance(owner, Dotted):
            return self.follow(owner.attribute(name))
        if isinstance(owner, Definition) and owner.scope.is_class and name in owner.scope.bindings:
            return self.evaluate(ScopedExpression(ast.Name(name), owner.scope, END))
        if isinstance(owner, RuntimeValue):
            return owner
        return RuntimeValue(f"reads {owner.scope.name}.{name}" if isinstance(owner, Definition) else f"reads .{name}")

    def _asset(self, node: ast.FunctionDef, place: ScopedExpression) -> ast.Call | None:
        """Return a call that creates the asset of a function under `@asset`; None for other functions."""
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


def _not_known(scope: Scope, name: str, bindings: list[Binding]) -> str:
    if not bindings:
        return "isn't set before this line"
    is_set_elsewhere = any(each.kind == "other" and "set by" in each.text for each in scope.bindings[name])
    if bindings[-1].conditional or is_set_elsewhere:
        return "is set under a condition"
    return "is changed after it is set" if name in scope.changed else ""


def known(value: Any, line: int) -> Any:
    if isinstance(value, Definition):
        return RuntimeValue(str(value), line)
    if not isinstance(value, Dotted):
        return value
    return CONSTANTS.get(value.path) or RuntimeValue(f"is {value.path}, which is not in the DAG files", line)
