"""What the calls in a DAG file come to: of known functions, of methods, and of functions that only return a value."""

from __future__ import annotations

import ast
from types import MappingProxyType
from typing import Any

from .source_calls import READERS, call_function, call_method
from .source_names import Definition, Dotted, Names, Place, Steps
from .source_order import END
from .source_values import Computed

_NO_PARAMETERS = ast.dump(ast.arguments([], [], None, [], [], None, []))


def call_node(self: Names, place: Place) -> Steps:
    """What a call comes to."""
    node = place.node
    assert isinstance(node, ast.Call)
    line = node.lineno
    function, method = yield from _callee(self, place, node)
    if isinstance(function, Definition) and not node.args and not node.keywords and (only := _result(function)):
        return (yield only)
    if isinstance(function, Definition):
        function = Computed(f"calls {function.scope.name}()", line)
    if isinstance(function, Dotted):
        why = READERS.get(function.path) or READERS.get(function.name)
        function = Computed(why, line) if why else function
    if isinstance(function, Computed):
        return function
    given = yield from _arguments(self, place, node)
    if isinstance(given, Computed):
        return given
    arguments, keywords = given
    if isinstance(function, Dotted):
        return call_function(function.path, arguments, keywords, line)
    return call_method(function, method, arguments, keywords, line)


def _callee(self: Names, place: Place, node: ast.Call) -> Steps:
    """What is called: a dotted name, a function of a file that was read, or a value and the name of its method."""
    if isinstance(node.func, ast.Attribute):
        owner = yield place.at(node.func.value)
        name = node.func.attr
        if isinstance(owner, Dotted):
            found = yield from self.follow(owner.attribute(name))
            return (found, "") if isinstance(found, (Definition, Dotted)) else (owner.attribute(name), "")
        return (Computed(f"calls {owner.scope.name}.{name}()"), "") if isinstance(owner, Definition) else (owner, name)
    function = yield place.at(node.func)
    if isinstance(function, (Definition, Dotted)):
        return function, ""
    name = f"{node.func.id}()" if isinstance(node.func, ast.Name) else "something"
    return Computed(f"calls {name}", node.lineno), ""


def _result(function: Definition) -> Place | None:
    """What a function without parameters returns, where `return` ends it and is nowhere else in it."""
    node = function.scope.definition
    if not isinstance(node, ast.FunctionDef) or node.decorator_list or ast.dump(node.args) != _NO_PARAMETERS:
        return None
    ends = [each for each in ast.walk(node) if isinstance(each, (ast.Return, ast.Yield, ast.YieldFrom))]
    last = node.body[-1]
    if ends != [last] or not isinstance(last, ast.Return) or last.value is None:
        return None
    return Place(last.value, function.scope, END)


def _arguments(self: Names, place: Place, node: ast.Call) -> Steps:
    """What is given, by position and by name."""
    arguments: list[Any] = []
    keywords: dict[str, Any] = {}
    for each in node.args:
        if isinstance(each, ast.Starred):
            inner = yield place.at(each.value)
            if not isinstance(inner, (list, tuple)):
                return as_computed(inner, each.lineno)
            arguments += inner
        else:
            arguments.append(self.data((yield place.at(each)), place, each))
    for keyword in node.keywords:
        value = yield place.at(keyword.value)
        if keyword.arg is not None:
            keywords[keyword.arg] = self.data(value, place, node)
        elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
            keywords |= value
        else:
            return as_computed(value, node.lineno)
    return tuple(arguments), MappingProxyType(keywords)


def as_computed(value: Any, line: int) -> Computed:
    """The reason why a value that should be unpacked is not known."""
    return value if isinstance(value, Computed) else Computed("is unpacked from something that isn't known", line)
