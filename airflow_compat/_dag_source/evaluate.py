"""Evaluate expressions without running the file. Unknown parts become `RuntimeValue`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from .expressions import KINDS, other_node
from .named_values import NamedValues, known
from .names import ScopedExpression
from .values import LONGEST_TEXT, AirflowCall, RuntimeValue

_DEEPEST = 100
_MOST_STEPS = 200_000
_LARGEST = 20_000


class _TooLongError(Exception):
    """An expression has too many parts, or parts that are nested too deeply."""


@dataclass
class Evaluator(NamedValues):
    """Evaluates the expressions of one file."""

    _steps: int = 0
    _depth: int = 0
    # The size and depth of each value, by the value's `id()`. The value is kept, so that no other object gets its id.
    _measures: dict[int, tuple[Any, int, int]] = field(default_factory=dict)

    def value(self, place: ScopedExpression) -> Any:
        """Return an expression's value, with `RuntimeValue` for each unknown part."""
        line = getattr(place.node, "lineno", 0)
        try:
            return known(self.evaluate(place), line)
        except (_TooLongError, RecursionError):
            return RuntimeValue("is an expression that is too long to read", line)

    def evaluate(self, place: ScopedExpression) -> Any:
        self._steps += 1
        if self._depth >= _DEEPEST or self._steps > _MOST_STEPS:
            raise _TooLongError
        self._depth += 1
        kind = KINDS.get(type(place.node)) or other_node
        try:
            return self._bounded(kind(self, place, place.node), place)
        finally:
            self._depth -= 1

    def _bounded(self, value: Any, place: ScopedExpression) -> Any:
        """Return the value, or `RuntimeValue` if the value is too large or too deep."""
        if isinstance(value, RuntimeValue):
            line = value.line or getattr(place.node, "lineno", 0)
            # If the value has no line, the expression that uses the value sets both path and line, since they belong
            # together.
            is_placed = value.path or not line
            return value if is_placed else replace(value, line=line, path=self.module_of(place.scope).shown)
        if isinstance(value, (str, bytes)):
            fits = len(value) <= LONGEST_TEXT
        else:
            parts = _parts(value)
            if parts is None:
                return value
            measures = [self._measures.get(id(part), (None, 1, 1))[1:] for part in parts]
            size = 1 + sum(size for size, _ in measures)
            depth = 1 + max((depth for _, depth in measures), default=0)
            fits = size <= _LARGEST and depth <= _DEEPEST
            self._measures[id(value)] = (value, size, depth)
        return value if fits else RuntimeValue("is a value that is too large to read", getattr(place.node, "lineno", 0))


def _parts(value: Any) -> list[Any] | None:
    match value:
        case dict():
            return [*value, *value.values()]
        case list() | tuple():
            return list(value)
        case AirflowCall():
            return [*value.arguments, *value.keywords.values()]
    return None
