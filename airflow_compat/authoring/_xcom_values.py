"""The values of `XComArg.map`, `zip` and `concat`: sequences that compute each element only when it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from ..errors import MappingError
from ._notset import NOTSET, is_arg_set


def checked_sequence(value: Any, method: str) -> Any:
    """Return the value, after checking that it is a sequence or a dict.

    Raises:
        MappingError: It is neither.
    """
    if not isinstance(value, (Sequence, dict)):
        raise MappingError(
            f"XCom {method} expects sequence or dict, not {type(value).__name__}. Return a list from the task."
        )
    return value


class Mapped(Sequence[Any]):
    """The elements of a sequence after functions were applied to them."""

    def __init__(self, value: Any, callables: Sequence[Callable[[Any], Any]]) -> None:
        self.value, self.callables = value, callables

    def __getitem__(self, index: Any) -> Any:
        value = self.value[index]
        for each in self.callables:
            value = each(value)
        return value

    def __len__(self) -> int:
        return len(self.value)


class Zipped(Sequence[Any]):
    """Several sequences, combined element by element."""

    def __init__(self, values: Sequence[Any], fillvalue: Any = NOTSET) -> None:
        self.values, self.fillvalue = values, fillvalue

    def __getitem__(self, index: Any) -> Any:
        if index >= len(self):
            raise IndexError(index)
        return tuple(self._element(value, index) for value in self.values)

    def _element(self, value: Any, index: Any) -> Any:
        try:
            return value[index]
        except (IndexError, KeyError):
            return self.fillvalue

    def __len__(self) -> int:
        lengths = [len(value) for value in self.values]
        return max(lengths) if is_arg_set(self.fillvalue) else min(lengths)


class Concatenated(Sequence[Any]):
    """The elements of several sequences, one sequence after the other. The elements of a dict are its keys."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.values = values

    def __getitem__(self, index: Any) -> Any:
        position = index if index >= 0 else len(self) + index
        for value in self.values:
            if 0 <= position < len(value):
                return value[position] if isinstance(value, Sequence) else next(islice(iter(value), position, None))
            position -= len(value)
        raise IndexError("list index out of range")

    def __len__(self) -> int:
        return sum(map(len, self.values))

    def __iter__(self) -> Iterator[Any]:
        for value in self.values:
            yield from value
