"""What each kind of expression comes to, once its parts are known. Nothing is run but what is known to be harmless."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import PurePath
from typing import Any

from .source_calls import READERS
from .source_invocations import as_computed, call_node
from .source_names import Dotted, Names, Place, Steps
from .source_values import Called, Computed, PastMoment

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


def _sequence(self: Names, place: Place) -> Steps:
    node = place.node
    assert isinstance(node, (ast.List, ast.Tuple, ast.Set))
    values: list[Any] = []
    for each in node.elts:
        if not isinstance(each, ast.Starred):
            values.append(self.data((yield place.at(each)), place, each))
            continue
        inner = yield place.at(each.value)
        values += inner if isinstance(inner, (list, tuple)) else [as_computed(inner, each.lineno)]
    # A set of what may not be hashed stays a list: nothing that is read from here on tells them apart.
    return tuple(values) if isinstance(node, ast.Tuple) else values


def _mapping(self: Names, place: Place) -> Steps:
    node = place.node
    assert isinstance(node, ast.Dict)
    values: dict[Any, Any] = {}
    for key, each in zip(node.keys, node.values, strict=True):
        value = yield place.at(each)
        if key is None:
            if not isinstance(value, dict):
                return as_computed(value, each.lineno)
            values |= value
            continue
        name = yield place.at(key)
        if not isinstance(name, (str, int, float, bool, bytes, type(None))):
            return Computed("has a key that isn't known", key.lineno)
        values[name] = self.data(value, place, each)
    return values


def _joined(self: Names, place: Place) -> Steps:
    node = place.node
    assert isinstance(node, ast.JoinedStr)
    parts: list[str] = []
    for each in node.values:
        if isinstance(each, ast.Constant):
            parts.append(str(each.value))
            continue
        assert isinstance(each, ast.FormattedValue)
        value = self.data((yield place.at(each.value)), place, each)
        if isinstance(value, Computed):
            return value
        if each.format_spec is not None or each.conversion not in (-1, 115) or not _is_shown_plainly(value):
            return Computed("formats a value", each.lineno)
        parts.append(str(value))
    return "".join(parts)


def _is_shown_plainly(value: Any) -> bool:
    return isinstance(value, (str, int, float, PurePath))


def _is_plain(value: Any) -> bool:
    """True for values that are true or false, and equal or not, as Python's own are."""
    return value is None or isinstance(value, (bool, str, int, float))


def _attribute(self: Names, place: Place) -> Steps:
    node = place.node
    assert isinstance(node, ast.Attribute)
    owner = yield place.at(node.value)
    if node.attr == "value" and isinstance(node.value, ast.Attribute) and isinstance(owner, (str, int, float)):
        # Of these, only the members of an enumeration have it.
        return owner
    if isinstance(owner, PurePath) and node.attr in ("stem", "name", "suffix", "parent", "parents", "parts"):
        return getattr(owner, node.attr)
    return (yield from self.attribute(owner, node.attr))


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


def _binary(self: Names, place: Place) -> Steps:
    node = place.node
    assert isinstance(node, ast.BinOp)
    left = self.data((yield place.at(node.left)), place, node)
    right = self.data((yield place.at(node.right)), place, node)
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
    if isinstance(left, PastMoment) and isinstance(right, timedelta):
        days = left.days - right.days if isinstance(sign, ast.Add) else left.days + right.days
        is_known = isinstance(sign, (ast.Add, ast.Sub)) and not right % timedelta(days=1) and days >= 0
        return replace(left, days=days) if is_known else NotImplemented
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


def _condition(self: Names, place: Place) -> Steps:
    node = place.node
    assert isinstance(node, ast.IfExp)
    test = yield place.at(node.test)
    if _is_plain(test):
        return (yield place.at(node.body if test else node.orelse))
    first = self.data((yield place.at(node.body)), place, node.body)
    second = self.data((yield place.at(node.orelse)), place, node.orelse)
    return Computed("depends on a condition", node.lineno, options=(first, second))


def _either(_: Names, place: Place) -> Steps:
    node = place.node
    assert isinstance(node, ast.BoolOp)
    value: Any = None
    for each in node.values:
        value = yield place.at(each)
        if not _is_plain(value):
            return value if isinstance(value, Computed) else Computed("depends on a condition", node.lineno)
        if bool(value) is isinstance(node.op, ast.Or):
            break
    return value


def _comparison(_: Names, place: Place) -> Steps:
    node = place.node
    assert isinstance(node, ast.Compare)
    left = yield place.at(node.left)
    right = yield place.at(node.comparators[0])
    match node.ops:
        case [ast.Eq() | ast.NotEq() as sign] if _is_plain(left) and _is_plain(right):
            return (left == right) is isinstance(sign, ast.Eq)
    return Computed("is a comparison", node.lineno)


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
    ast.Call: call_node,
    ast.IfExp: _condition,
    ast.BoolOp: _either,
    ast.Compare: _comparison,
}
