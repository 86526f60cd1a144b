"""What expressions come to, as far as that can be known without running the file. Everything else is `Computed`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from .source_names import Names, Place, Steps, known
from .source_nodes import KINDS, other_node
from .source_values import Called, Computed

_DEEPEST = 100
_MOST_STEPS = 200_000
_LONGEST_TEXT = 1_000_000
_LARGEST = 20_000


@dataclass
class Evaluator:
    """Evaluates the expressions of one file.

    Attributes:
        names: The file's names.
    """

    names: Names
    _steps: int = 0
    # The size and the depth of each value, by its id and beside it, so that the id stays taken.
    _measures: dict[int, tuple[Any, int, int]] = field(default_factory=dict)

    def value(self, place: Place) -> Any:
        """What an expression comes to; `Computed` at each part that isn't known."""
        # Each generator is one expression that waits for a part of it, so that no file can exhaust Python's own stack.
        waiting: list[tuple[Steps, Place]] = [(self._begin(place), place)]
        result: Any = None
        while waiting:
            self._steps += 1
            if len(waiting) > _DEEPEST or self._steps > _MOST_STEPS:
                return Computed("is too long an expression to be read", getattr(place.node, "lineno", 0))
            try:
                part = waiting[-1][0].send(result)
            except StopIteration as done:
                result = self._bounded(done.value, waiting.pop()[1])
            else:
                waiting.append((self._begin(part), part))
                result = None
        return known(result, getattr(place.node, "lineno", 0))

    def _begin(self, place: Place) -> Steps:
        return KINDS.get(type(place.node), other_node)(self.names, place)

    def _bounded(self, value: Any, place: Place) -> Any:
        """The value, unless it holds so much, or so deep in it, that it could only be meant to."""
        if isinstance(value, Computed):
            line = value.line or getattr(place.node, "lineno", 0)
            return replace(value, line=line, path=value.path or self.names.module_of(place.scope).shown)
        if isinstance(value, (str, bytes)):
            fits = len(value) <= _LONGEST_TEXT
        else:
            parts = _parts(value)
            if parts is None:
                return value
            measures = [self._measures.get(id(part), (None, 1, 1))[1:] for part in parts]
            size = 1 + sum(size for size, _ in measures)
            depth = 1 + max((depth for _, depth in measures), default=0)
            fits = size <= _LARGEST and depth <= _DEEPEST
            self._measures[id(value)] = (value, size, depth)
        return value if fits else Computed("is too large a value to be read", getattr(place.node, "lineno", 0))


def _parts(value: Any) -> list[Any] | None:
    match value:
        case dict():
            return [*value, *value.values()]
        case list() | tuple():
            return list(value)
        case Called():
            return [*value.arguments, *value.keywords.values()]
    return None
