"""Describe how each Airflow argument is ported, and check given arguments."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, TypeAlias

from ..errors import InvalidArgumentError, UnsupportedFeatureError
from .version import AirflowVersion

Versions: TypeAlias = tuple[AirflowVersion, ...]

TWO: Versions = ("2",)
THREE: Versions = ("3",)

Fate: TypeAlias = Literal["mapped", "approximated", "refused"]

PAGE = "docs/reference/arguments.md"

# `default_args` may contain arguments of other operators, so an unknown name counts as misspelt only if its similarity
# to a known name is above this value.
_ALIKE = 0.85


@dataclass(frozen=True)
class Argument:
    """An Airflow argument and how it is ported.

    Attributes:
        name: The argument's name.
        fate: How the argument is ported: "mapped", "approximated" or "refused".
        here: What the argument becomes, how it differs from Airflow's, or why it is refused and what to do instead.
        versions: The Airflow versions that have the argument.
        defaults: Airflow's defaults. Setting an argument to a default, None, or an empty list or dict has no effect.
        shared: The warning for an approximated argument, shown once per file.
    """

    name: str
    fate: Fate
    here: str
    versions: Versions = ("2", "3")
    defaults: tuple[Any, ...] = ()
    shared: str = ""

    def asks_for_nothing(self, value: object) -> bool:
        """Return True if passing the value has the same effect as omitting the argument."""
        if value is None or (isinstance(value, Collection) and not isinstance(value, str) and not value):
            return True
        if isinstance(value, Enum):
            value = value.value
        elif isinstance(value, type):
            value = value.__name__
        return any(type(value) is type(default) and value == default for default in self.defaults)


Table: TypeAlias = Mapping[str, Argument]


def table_of(*rows: Argument) -> dict[str, Argument]:
    return {row.name: row for row in rows}


def check_arguments(where: str, given: Mapping[str, Any], table: Table) -> Iterator[str]:
    """Check the names and values of given arguments. Yield a text for each difference from Airflow.

    Raises:
        InvalidArgumentError: A given name is not the name of an Airflow argument.
        UnsupportedFeatureError: A refused argument has a value other than its default.
    """
    for name, value in given.items():
        row = table.get(name)
        if row is None:
            raise InvalidArgumentError(
                f"{where}: {name!r} is not an Airflow argument. {_hint(name, table, 0.6) or f'See {PAGE}'}"
            )
        if row.asks_for_nothing(value):
            continue
        if row.fate == "refused":
            raise UnsupportedFeatureError(f"{where}: {name} has no counterpart in Prefect: {row.here}")
        if row.fate == "approximated":
            yield row.shared or f"{where}: {name} differs from Airflow's: {row.here}"


def check_spelling(where: str, given: Mapping[str, Any], known: Collection[str]) -> None:
    """Check for misspelt names where unknown names are allowed, as in `default_args`.

    Raises:
        InvalidArgumentError: An unknown name is similar to the name of an Airflow argument.
    """
    for name in given:
        if name not in known and (hint := _hint(str(name), known, _ALIKE)):
            raise InvalidArgumentError(f"{where}: {name!r} is not an Airflow argument. {hint}")


def _hint(name: str, known: Collection[str], cutoff: float) -> str:
    near = difflib.get_close_matches(name, known, 1, cutoff)
    return f"Did you mean {near[0]!r}?" if near else ""
