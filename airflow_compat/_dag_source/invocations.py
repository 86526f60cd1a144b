"""Evaluate calls of known functions and methods, and of functions that only return a value."""

from __future__ import annotations

import ast
from types import MappingProxyType
from typing import Any

from .known_calls import READERS, call_function, call_method
from .named_values import NamedValues
from .names import Definition, Dotted, ScopedExpression
from .scopes import END
from .values import RuntimeValue

_NO_PARAMETERS = ast.dump(ast.arguments([], [], None, [], [], None, []))


def call_node(self: NamedValues, place: ScopedExpression, node: ast.Call) -> Any:
    line = node.lineno
    function, method = _callee(self, place, node)
    if isinstance(function, Definition) and not node.args and not node.keywords and (only := _result(function)):
        return self.evaluate(only)
    if isinstance(function, Definition):
        function = RuntimeValue(f"calls {function.scope.name}()", line)
    if isinstance(function, Dotted) and (why := READERS.get(function.path) or READERS.get(function.name)):
        function = RuntimeValue(why, line)
    if isinstance(function, RuntimeValue):
        return function
    given = _arguments(self, place, node)
    if isinstance(given, RuntimeValue):
        return given
    arguments, keywords = given
    if isinstance(function, Dotted):
        return call_function(function.path, arguments, keywords, line)
    return call_method(function, method, arguments, keywords, line)


def _callee(self: NamedValues, place: ScopedExpression, node: ast.Call) -> Any:
    """Return the callee: a dotted name, a function of a file, or a value and its method's name."""
    if isinstance(node.func, ast.Attribute):
        owner = self.evaluate(place.at(node.func.value))
        name = node.func.attr
        if isinstance(owner, Dotted):
            found = self.follow(owner.attribute(name))
            return (found, "") if isinstance(found, (Definition, Dotted)) else (owner.attribute(name), "")
        return (
            (RuntimeValue(f"calls {owner.scope.name}.{name}()"), "") if isinstance(owner, Definition) else (owner, name)
        )
    function = self.evaluate(place.at(node.func))
    if isinstance(function, (Definition, Dotted)):
        return function, ""
    name = f"{node.func.id}()" if isinstance(node.func, ast.Name) else "something"
    return RuntimeValue(f"calls {name}", node.lineno), ""


def _result(function: Definition) -> ScopedExpression | None:
    """Return the returned expression of a function without parameters whose only `return` is its last statement."""
    node = function.scope.definition
    if not isinstance(node, ast.FunctionDef) or node.decorator_list or ast.dump(node.args) != _NO_PARAMETERS:
        return None
    ends = [each for each in ast.walk(node) if isinstance(each, (ast.Return, ast.Yield, ast.YieldFrom))]
    last = node.body[-1]
    if ends != [last] or not isinstance(last, ast.Return) or last.value is None:
        return None
    return ScopedExpression(last.value, function.scope, END)


def _arguments(self: NamedValues, place: ScopedExpression, node: ast.Call) -> Any:
    arguments: list[Any] = []
    keywords: dict[str, Any] = {}
    for each in node.args:
        if isinstance(each, ast.Starred):
            inner = self.evaluate(place.at(each.value))
            if not isinstance(inner, (list, tuple)):
                return as_computed(inner, each.lineno)
            arguments += inner
        else:
            arguments.append(self.data(self.evaluate(place.at(each)), place, each))
    for keyword in node.keywords:
        value = self.evaluate(place.at(keyword.value))
        if keyword.arg is not None:
            keywords[keyword.arg] = self.data(value, place, node)
        elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
            keywords |= value
        else:
            return as_computed(value, node.lineno)
    return tuple(arguments), MappingProxyType(keywords)


def as_computed(value: Any, line: int) -> RuntimeValue:
    return value if isinstance(value, RuntimeValue) else RuntimeValue("is unpacked from an unknown value", line)
