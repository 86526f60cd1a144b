"""Inlets and outlets of operators."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ._operator_checks import as_list

if TYPE_CHECKING:
    from typing_extensions import Self


class Lineage:
    """The data that an operator reads and writes, such as assets."""

    inlets: list[Any]
    outlets: list[Any]

    def __gt__(self, other: Any) -> Self:
        """Add outlets: `operator > asset`."""
        self.add_outlets(as_list(other))
        return self

    def __lt__(self, other: Any) -> Self:
        """Add inlets: `operator < asset`, or `asset > operator`."""
        self.add_inlets(as_list(other))
        return self

    def get_inlet_defs(self) -> list[Any]:
        return self.inlets

    def get_outlet_defs(self) -> list[Any]:
        return self.outlets

    def add_inlets(self, inlets: Iterable[Any]) -> None:
        self.inlets.extend(inlets)

    def add_outlets(self, outlets: Iterable[Any]) -> None:
        self.outlets.extend(outlets)
