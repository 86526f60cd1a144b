"""Data classes for the connections, variables and pools of import sources, and for problems and notes about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .connection import Connection
from .pool import Pool
from .variable import VariableRecord

Kind: TypeAlias = Literal["connection", "variable", "pool"]


@dataclass(frozen=True)
class Problem:
    """A connection, variable or pool that cannot be read, and the reason, which contains no secret."""

    kind: Kind
    id: str
    reason: str


@dataclass(frozen=True)
class Note:
    """A message that an entry is imported without one of its fields; `text` contains no secret."""

    kind: Kind
    id: str
    text: str


@dataclass(frozen=True)
class Shadowed:
    """A connection, variable or pool that Airflow would ignore, since an earlier source has one with the same id.

    Attributes:
        winner: The source whose entry is kept; its name is shown without passwords.
        loser: The source whose entry is ignored.
    """

    kind: Kind
    id: str
    winner: str
    loser: str


@dataclass(frozen=True)
class Export:
    """The connections, variables and pools of one or several import sources, in the order of the sources."""

    connections: tuple[Connection, ...] = ()
    variables: tuple[VariableRecord, ...] = ()
    pools: tuple[Pool, ...] = ()
    problems: tuple[Problem, ...] = ()
    shadowed: tuple[Shadowed, ...] = ()
    notes: tuple[Note, ...] = ()

    def __add__(self, other: Export) -> Export:
        return Export(
            self.connections + other.connections,
            self.variables + other.variables,
            self.pools + other.pools,
            self.problems + other.problems,
            self.shadowed + other.shadowed,
            self.notes + other.notes,
        )
