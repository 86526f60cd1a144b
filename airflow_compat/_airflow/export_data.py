"""What sources hold, as data: connections, variables and pools, and what is said of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from .connection import Connection
from .pool import Pool
from .variable import VariableRecord

if TYPE_CHECKING:
    from typing_extensions import Self

Kind: TypeAlias = Literal["connection", "variable", "pool"]


@dataclass(frozen=True)
class Problem:
    """An entry that could not be read, and why; `reason` holds no secret."""

    kind: Kind
    id: str
    reason: str


@dataclass(frozen=True)
class Note:
    """What an entry has that is left out, though the entry is read; `text` holds no secret."""

    kind: Kind
    id: str
    text: str


@dataclass(frozen=True)
class Shadowed:
    """An entry that Airflow would not have used, since a source that it asks earlier has the same id.

    Attributes:
        winner: The source whose entry is kept; no password is in it.
        loser: The source whose entry is left out.
    """

    kind: Kind
    id: str
    winner: str
    loser: str


@dataclass(frozen=True)
class Export:
    """What one or several sources hold, in their own order."""

    connections: tuple[Connection, ...] = ()
    variables: tuple[VariableRecord, ...] = ()
    pools: tuple[Pool, ...] = ()
    problems: tuple[Problem, ...] = ()
    shadowed: tuple[Shadowed, ...] = ()
    notes: tuple[Note, ...] = ()

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.connections + other.connections,
            self.variables + other.variables,
            self.pools + other.pools,
            self.problems + other.problems,
            self.shadowed + other.shadowed,
            self.notes + other.notes,
        )
