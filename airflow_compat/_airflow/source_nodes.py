"""What each kind of expression comes to, once its parts are known. Nothing is run but what is known to be harmless."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

from .source_calls import READERS, call_function, call_method
from .source_names import Dotted, Names, Place, Steps, known
from .source_values import Called, Computed

_LONGEST_TEXT = 1_000_000
_SEQUENCES = (str, list, tuple)
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}


def other_node(_: Names, place: Place) -> Steps:
    yield from ()
    words = {
        ast.IfExp: "depends on a condition",
        ast.BoolOp: "depends on a condition",
        ast.Compare: "is a comparison",
        ast.Lambda: "is a lambda",
        ast.Await: "is awaited",
    }
    word = words.get(type(place.node), "is made by a loop" if "Comp" in type(place.node).__name__ else "is computed")
    return Computed(word, getattr(place.node, "lineno", 0))


def _constant(_: Names, place: Place) -> Steps:
    yield from ()
    assert isinstance(place.node, ast.Constant)
    return place.node.value


def _name(self: Names, place: Place) -> Steps:
    assert isinstance(place.node, ast.Name)
    return (yield from self.value(place, place.node.id))


def _sequence(_: Names, place: Place) -> Steps:
    node = place.node
    assert isinstance(node, (ast.List, ast.Tuple, ast.Set))
    values: list[Any] = []
    for each in node.elts:
        if not isinstance(each, ast.Starred):
            values.append(known((yield place.at(each)), each.lineno))
            continue
        inner = yield place.at(each.value)
        values += inner if isinstance(inner, (list, tuple)) else [_as_computed(inner, each.lineno)]
    # A set of what may not be hashed stays a list: nothing that is read from here on tells them apart.
    return tuple(values) if isinstance(node, ast.Tuple) else values


def _mapping(_: Names, place: Place) -> Steps:
    node = place.node
    assert isinstance(node, ast.Dict)
    values: dict[Any, Any] = {}
    for key, each in zip(node.keys, node.values, strict=True):
        value = yield place.at(each)
        if key is None:
            if not isinstance(value, dict):
                return _as_computed(value, each.lineno)
            values |= value
            continue
        name = yield place.at(key)
        if not isinstance(name, (str, int, float, bool, bytes, type(None))):
            return Computed("has a key that isn't known", key.lineno)
        values[name] = known(value, each.lineno)
    return values


def _joined(_: Names, place: Place) -> Steps:
    node = place.node
    assert isinstance(node, ast.JoinedStr)
    parts: list[str] = []
    for each in node.values:
        if isinstance(each, ast.Constant):
            parts.append(str(each.value))
            continue
        assert isinstance(each, ast.FormattedValue)
        value = known((yield place.at(each.value)), each.lineno)
        if isinstance(value, Computed):
            return value
        if each.format_spec is not None or each.conversion not in (-1, 115) or not _is_plain(value):
            return Computed("formats a value", each.lineno)
        parts.append(str(value))
    return "".join(parts)


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, int, float, PurePath))


def _attribute(_: Names, place: Place) -> Steps:
    node = place.node
    assert isinstance(node, ast.Attribute)
    owner = yield place.at(node.value)
    match owner, node.attr:
        case Computed(), _:
            return owner
        case Dotted(path=path), name:
            return Dotted(f"{path}.{name}")
        case PurePath(), ("stem" | "name" | "suffix" | "parent" | "parents" | "parts"):
            return getattr(owner, node.attr)
    return Computed(f"reads .{node.attr}", node.lineno)


def _subscript(_: Names, place: Place) -> Steps:
    node = place.node
    assert isinstance(node, ast.Subscript)
    owner = yield place.at(node.value)
    if isinstance(owner, Computed):
        return owner
    if isinstance(owner, Dotted):
        return Computed(READERS.get(owner.path, f"reads {owner.path}[...]"), node.lineno)
    if isinstance(node.slice, ast.Slice):
        lower = (yield place.at(node.slice.lower)) if node.slice.lower else None
        upper = (yield place.at(node.slice.upper)) if node.slice.upper else None
        step = (yield place.at(node.slice.step)) if node.slice.step else None
        index: Any = slice(lower, upper, step)
    else:
        index = yield place.at(node.slice)
    try:
        return owner[index]
    except (TypeError, LookupError, ValueError):
        return Computed("reads a part that isn't there or isn't known", node.lineno)


def _binary(_: Names, place: Place) -> Steps:
    node = place.node
    assert isinstance(node, ast.BinOp)
    left = known((yield place.at(node.left)), node.lineno)
    right = known((yield place.at(node.right)), node.lineno)
    for side in (left, right):
        if isinstance(side, Computed):
            return side
    try:
        result = _operate(node.op, left, right)
    except (ArithmeticError, TypeError, ValueError):
        result = NotImplemented
    return Computed("is computed", node.lineno) if result is NotImplemented else result


def _operate(sign: ast.operator, left: Any, right: Any) -> Any:
    if isinstance(left, Called) and isinstance(right, Called):
        name = {ast.BitOr: "AssetAny", ast.BitAnd: "AssetAll"}.get(type(sign))
        return Called(name, (left, right)) if name else NotImplemented
    if isinstance(left, dict) or isinstance(right, dict):
        both = isinstance(left, dict) and isinstance(right, dict) and isinstance(sign, ast.BitOr)
        return left | right if both else NotImplemented
    if isinstance(left, _SEQUENCES) or isinstance(right, _SEQUENCES):
        if isinstance(left, PurePath) and isinstance(right, str) and isinstance(sign, ast.Div):
            return left / right
        same = type(left) is type(right) and isinstance(sign, ast.Add)
        return left + right if same and len(left) + len(right) <= _LONGEST_TEXT else NotImplemented
    function = _ARITHMETIC.get(type(sign))
    # A product of whole numbers may be as long as one likes.
    return function(left, right) if function and _is_short(left) and _is_short(right) else NotImplemented


def _is_short(number: Any) -> bool:
    return not isinstance(number, int) or abs(number) < 1 << 64


def _unary(_: Names, place: Place) -> Steps:
    node = place.node
    assert isinstance(node, ast.UnaryOp)
    value = yield place.at(node.operand)
    match node.op, value:
        case ast.USub(), (int() | float()) if not isinstance(value, bool):
            return -value
        case ast.Not(), bool():
            return not value
        case _, Computed():
            return value
    return Computed("is computed", node.lineno)


def _call(_: Names, place: Place) -> Steps:
    node = place.node
    assert isinstance(node, ast.Call)
    line = node.lineno
    function, method = yield from _callee(place, node)
    if isinstance(function, Dotted):
        why = READERS.get(function.path) or READERS.get(function.name)
        function = Computed(why, line) if why else function
    if isinstance(function, Computed):
        return function
    given = yield from _arguments(place, node)
    if isinstance(given, Computed):
        return given
    arguments, keywords = given
    if isinstance(function, Dotted):
        return call_function(function.path, arguments, keywords, line)
    return call_method(function, method, arguments, keywords, line)


def _callee(place: Place, node: ast.Call) -> Steps:
    """What is called: a dotted name, or a value and the name of its method."""
    if isinstance(node.func, ast.Attribute):
        owner = yield place.at(node.func.value)
        name = node.func.attr
        return (Dotted(f"{owner.path}.{name}"), "") if isinstance(owner, Dotted) else (owner, name)
    function = yield place.at(node.func)
    if isinstance(function, Dotted):
        return function, ""
    name = f"{node.func.id}()" if isinstance(node.func, ast.Name) else "something"
    return Computed(f"calls {name}", node.lineno), ""


def _arguments(place: Place, node: ast.Call) -> Steps:
    """What is given, by position and by name."""
    arguments: list[Any] = []
    keywords: dict[str, Any] = {}
    for each in node.args:
        if isinstance(each, ast.Starred):
            inner = yield place.at(each.value)
            if not isinstance(inner, (list, tuple)):
                return _as_computed(inner, each.lineno)
            arguments += inner
        else:
            arguments.append(known((yield place.at(each)), each.lineno))
    for keyword in node.keywords:
        value = yield place.at(keyword.value)
        if keyword.arg is not None:
            keywords[keyword.arg] = known(value, node.lineno)
        elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
            keywords |= value
        else:
            return _as_computed(value, node.lineno)
    return tuple(arguments), MappingProxyType(keywords)


def _as_computed(value: Any, line: int) -> Computed:
    return value if isinstance(value, Computed) else Computed("is unpacked from something that isn't known", line)


KINDS = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Dict: _mapping,
    ast.JoinedStr: _joined,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Call: _call,
}
