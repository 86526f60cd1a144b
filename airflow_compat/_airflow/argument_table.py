"""What becomes of an argument of Airflow's: the row of a table, and what is said of arguments by such a table."""

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

# Above it a name in `default_args` is taken for a misspelt one: operators have names of their own there.
_ALIKE = 0.85


@dataclass(frozen=True)
class Argument:
    """An argument of Airflow's.

    Attributes:
        name: Its name.
        fate: Whether it has a counterpart, one that differs, or none.
        here: What it becomes; how that differs; or why it is refused, and what to do.
        versions: The Airflows that have it.
        defaults: Airflow's own values for it, which ask for nothing; so do None and an empty list or dict.
    """

    name: str
    fate: Fate
    here: str
    versions: Versions = ("2", "3")
    defaults: tuple[Any, ...] = ()

    def asks_for_nothing(self, value: object) -> bool:
        """Whether Airflow would do the same if it weren't given."""
        if value is None or (isinstance(value, Collection) and not isinstance(value, str) and not value):
            return True
        if isinstance(value, Enum):
            value = value.value
        elif isinstance(value, type):
            value = value.__name__
        return any(type(value) is type(default) and value == default for default in self.defaults)


Table: TypeAlias = Mapping[str, Argument]


def table_of(*rows: Argument) -> dict[str, Argument]:
    """The rows by their names."""
    return {row.name: row for row in rows}


def check_arguments(where: str, given: Mapping[str, Any], table: Table) -> Iterator[str]:
    """Look at what was given by name; yields how what is approximated differs.

    Args:
        where: Of what they are arguments, for messages.
        given: The arguments.
        table: What becomes of each.

    Raises:
        InvalidArgumentError: Airflow has no such argument.
        UnsupportedFeatureError: One that is refused asks for something.
    """
    for name, value in given.items():
        row = table.get(name)
        if row is None:
            raise InvalidArgumentError(
                f"{where}: {name!r} is no argument of Airflow's; {_hint(name, table, 0.6) or f'see {PAGE}'}"
            )
        if row.asks_for_nothing(value):
            continue
        if row.fate == "refused":
            raise UnsupportedFeatureError(f"{where}: {name} has no counterpart in Prefect: {row.here}")
        if row.fate == "approximated":
            yield f"{where}: {name} differs from Airflow's: {row.here}"


def check_spelling(where: str, given: Mapping[str, Any], known: Collection[str]) -> None:
    """Look for misspelt names among some that may be unknown, as in `default_args`.

    Raises:
        InvalidArgumentError: A name is nearly that of an argument of Airflow's.
    """
    for name in given:
        if name not in known and (hint := _hint(str(name), known, _ALIKE)):
            raise InvalidArgumentError(f"{where}: {name!r} is no argument of Airflow's; {hint}")


def _hint(name: str, known: Collection[str], cutoff: float) -> str:
    near = difflib.get_close_matches(name, known, 1, cutoff)
    return f"did you mean {near[0]!r}?" if near else ""
