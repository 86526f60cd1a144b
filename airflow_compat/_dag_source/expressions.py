"""Evaluate each kind of expression from its parts. Calls only known functions without side effects."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import PurePath
from typing import Any

from .invocations import as_computed, call_node
from .known_calls import READERS
from .named_values import NamedValues
from .names import Dotted, ScopedExpression
from .values import LONGEST_TEXT, AirflowCall, PastMoment, RuntimeValue

_SEQUENCES = (str, list, tuple)
# Types of values whose text in an f-string is known.
_SHOWN = (str, int, float, PurePath)
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
_OTHERS: dict[type[ast.AST], str] = {
    ast.Lambda: "is a lambda",
    ast.Await: "is awaited",
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp), "is built by a loop"),
}


def other_node(_: NamedValues, __: ScopedExpression, node: ast.AST) -> Any:
    return RuntimeValue(_OTHERS.get(type(node), "is computed"), getattr(node, "lineno", 0))


def _constant(_: NamedValues, __: ScopedExpression, node: ast.Constant) -> Any:
    return node.value


def _name(self: NamedValues, place: ScopedExpression, node: ast.Name) -> Any:
    return self.value_of_name(place, node.id)


def _sequence(self: NamedValues, place: ScopedExpression, node: ast.List | ast.Tuple | ast.Set) -> Any:
    values: list[Any] = []
    for each in node.elts:
        if not isinstance(each, ast.Starred):
            values.append(self.data(self.evaluate(place.at(each)), place, each))
            continue
        inner = self.evaluate(place.at(each.value))
        values += inner if isinstance(inner, (list, tuple)) else [as_computed(inner, each.lineno)]
    # A set becomes a list, since evaluated values may not be hashable. Code that uses the value treats sets and lists
    # alike.
    return tuple(values) if isinstance(node, ast.Tuple) else values


def _mapping(self: NamedValues, place: ScopedExpression, node: ast.Dict) -> Any:
    values: dict[Any, Any] = {}
    for key, each in zip(node.keys, node.values, strict=True):
        value = self.evaluate(place.at(each))
        if key is None:
            if not isinstance(value, dict):
                return as_computed(value, each.lineno)
            values |= value
            continue
        name = self.evaluate(place.at(key))
        if not isinstance(name, (str, int, float, bool, bytes, type(None))):
            return RuntimeValue("has an unknown key", key.lineno)
        values[name] = self.data(value, place, each)
    return values


def _joined(self: NamedValues, place: ScopedExpression, node: ast.JoinedStr) -> Any:
    parts: list[str] = []
    for each in node.values:
        if isinstance(each, ast.Constant):
            parts.append(str(each.value))
            continue
        assert isinstance(each, ast.FormattedValue)
        value = self.data(self.evaluate(place.at(each.value)), place, each)
        if isinstance(value, RuntimeValue):
            return value
        if each.format_spec is not None or each.conversion not in (-1, 115) or not isinstance(value, _SHOWN):
            return RuntimeValue("formats a value", each.lineno)
        parts.append(str(value))
    return "".join(parts)


def _is_plain(value: Any) -> bool:
    """Return True for values of simple types, whose truth and comparisons can be evaluated here as in Python."""
    return value is None or isinstance(value, (bool, str, int, float))


def _attribute(self: NamedValues, place: ScopedExpression, node: ast.Attribute) -> Any:
    owner = self.evaluate(place.at(node.value))
    if node.attr == "value" and isinstance(node.value, ast.Attribute) and isinstance(owner, (str, int, float)):
        # A text or number has `.value` only if it is a member of an enumeration.
        return owner
    if isinstance(owner, PurePath) and node.attr in ("stem", "name", "suffix", "parent", "parents", "parts"):
        return getattr(owner, node.attr)
    return self.attribute(owner, node.attr)


def _subscript(self: NamedValues, place: ScopedExpression, node: ast.Subscript) -> Any:
    owner = self.evaluate(place.at(node.value))
    if isinstance(owner, RuntimeValue):
        return owner
    if isinstance(owner, Dotted):
        return RuntimeValue(READERS.get(owner.path, f"reads {owner.path}[...]"), node.lineno)
    if isinstance(node.slice, ast.Slice):
        bounds = (node.slice.lower, node.slice.upper, node.slice.step)
        index: Any = slice(*(self.evaluate(place.at(each)) if each else None for each in bounds))
    else:
        index = self.evaluate(place.at(node.slice))
    try:
        return owner[index]
    except (TypeError, LookupError, ValueError):
        return RuntimeValue("reads a missing or unknown part", node.lineno)


def _binary(self: NamedValues, place: ScopedExpression, node: ast.BinOp) -> Any:
    left = self.data(self.evaluate(place.at(node.left)), place, node)
    right = self.data(self.evaluate(place.at(node.right)), place, node)
    for side in (left, right):
        if isinstance(side, RuntimeValue):
            return side
    try:
        result = _operate(node.op, left, right)
    except (ArithmeticError, TypeError, ValueError):
        result = NotImplemented
    return RuntimeValue("is computed", node.lineno) if result is NotImplemented else result


def _operate(sign: ast.operator, left: Any, right: Any) -> Any:
    if isinstance(left, AirflowCall) and isinstance(right, AirflowCall):
        name = {ast.BitOr: "AssetAny", ast.BitAnd: "AssetAll"}.get(type(sign))
        return AirflowCall(name, (left, right)) if name else NotImplemented
    if isinstance(left, PastMoment) and isinstance(right, timedelta):
        days = left.days - right.days if isinstance(sign, ast.Add) else left.days + right.days
        is_known = isinstance(sign, (ast.Add, ast.Sub)) and not right % timedelta(days=1) and days >= 0
        return replace(left, days=days) if is_known else NotImplemented
    if isinstance(left, dict) and isinstance(right, dict):
        return left | right if isinstance(sign, ast.BitOr) else NotImplemented
    if isinstance(left, _SEQUENCES) or isinstance(right, _SEQUENCES):
        if isinstance(left, PurePath) and isinstance(right, str) and isinstance(sign, ast.Div):
            return left / right
        same = type(left) is type(right) and isinstance(sign, ast.Add)
        return left + right if same and len(left) + len(right) <= LONGEST_TEXT else NotImplemented
    function = _ARITHMETIC.get(type(sign))
    # Only short numbers: a product of whole numbers may be arbitrarily long.
    return function(left, right) if function and _is_short(left) and _is_short(right) else NotImplemented


def _is_short(number: Any) -> bool:
    return not isinstance(number, int) or abs(number) < 1 << 64


def _unary(self: NamedValues, place: ScopedExpression, node: ast.UnaryOp) -> Any:
    value = self.evaluate(place.at(node.operand))
    match node.op, value:
        case ast.USub(), (int() | float()) if not isinstance(value, bool):
            return -value
        case ast.Not(), bool():
            return not value
        case _, RuntimeValue():
            return value
    return RuntimeValue("is computed", node.lineno)


def _condition(self: NamedValues, place: ScopedExpression, node: ast.IfExp) -> Any:
    test = self.evaluate(place.at(node.test))
    if _is_plain(test):
        return self.evaluate(place.at(node.body if test else node.orelse))
    first = self.data(self.evaluate(place.at(node.body)), place, node.body)
    second = self.data(self.evaluate(place.at(node.orelse)), place, node.orelse)
    return RuntimeValue("depends on a condition", node.lineno, options=(first, second))


def _either(self: NamedValues, place: ScopedExpression, node: ast.BoolOp) -> Any:
    value: Any = None
    for each in node.values:
        value = self.evaluate(place.at(each))
        if not _is_plain(value):
            return value if isinstance(value, RuntimeValue) else RuntimeValue("depends on a condition", node.lineno)
        if bool(value) is isinstance(node.op, ast.Or):
            break
    return value


def _comparison(self: NamedValues, place: ScopedExpression, node: ast.Compare) -> Any:
    left = self.evaluate(place.at(node.left))
    right = self.evaluate(place.at(node.comparators[0]))
    match node.ops:
        case [ast.Eq() | ast.NotEq() as sign] if _is_plain(left) and _is_plain(right):
            return (left == right) is isinstance(sign, ast.Eq)
    return RuntimeValue("is a comparison", node.lineno)


KINDS: dict[type[ast.AST], Callable[[NamedValues, ScopedExpression, Any], Any]] = {
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
