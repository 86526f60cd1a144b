"""The base of fake connections, variables and pools."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import FakeError
from ._lifecycle import FakeLifecycle

if TYPE_CHECKING:
    from typing_extensions import Self

V = TypeVar("V")


class Fake(FakeLifecycle, Generic[V]):
    """Replaces the server's connections, variables or pools. A nested fake also has the items of the outer fake."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._given = self._read(values)
        self._held: dict[str, V] = {}

    def update(self, values: Mapping[str, Any]) -> None:
        """Add or replace items. Items added while the fake is active are removed when the fake ends."""
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
        if not isinstance(values, Mapping) or not all(isinstance(name, str) for name in values):
            raise FakeError(f"{self._function}() got a {type(values).__name__}. Pass a dict with text keys.")
        return {name: self._read_one(name, value) for name, value in values.items()}

    @abstractmethod
    def _read_one(self, name: str, value: Any) -> V:
        """Convert one value that the test gives to an item of the fake."""

    def _known(self) -> str:
        return ", ".join(sorted(self._held)) or "nothing"
