"""What the fakes of named things have in common: of connections, variables and pools."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import FakeError
from .active import Activated

if TYPE_CHECKING:
    from typing_extensions import Self

V = TypeVar("V")


class Fake(Activated, Generic[V]):
    """Stands in for the server's things of one kind while it is active.

    A fake inside of another of its kind has what that has, and its own on top; at its end all is as it was outside.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._given = self._read(values)
        self._held: dict[str, V] = {}

    def update(self, values: Mapping[str, Any]) -> None:
        """Add to what it has, or replace it. What is added while it is active is gone when it ends.

        Args:
            values: As the fake was made of.
        """
        (self._held if self._active else self._given).update(self._read(values))

    def __repr__(self) -> str:
        return f"<{self._function} of {', '.join(sorted(self._held or self._given)) or 'nothing'}>"

    def _twin(self) -> Self:
        twin = type(self)({})
        twin._given = self._given
        return twin

    def _begin(self) -> None:
        outer = self._place.here()
        self._held = {**(outer._held if isinstance(outer, Fake) else {}), **self._given}

    def _read(self, values: Mapping[str, Any]) -> dict[str, V]:
        """What was given, as it is held.

        Raises:
            FakeError: It isn't a mapping of ids.
        """
        if not isinstance(values, Mapping) or not all(isinstance(name, str) for name in values):
            raise FakeError(f"{self._function}() takes a dict of ids, not {type(values).__name__} of other things")
        return {name: self._read_one(name, value) for name, value in values.items()}

    @abstractmethod
    def _read_one(self, name: str, value: Any) -> V:
        """One of them."""

    def _known(self) -> str:
        """The ids that there are, for messages."""
        return ", ".join(sorted(self._held)) or "nothing"
