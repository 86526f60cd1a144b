"""Several sources as one export, in the order in which Airflow asks them: the first one that has an id is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TypeVar

from ..errors import InvalidExportError
from .connection import Connection
from .export_data import Export, Kind, Shadowed
from .pool import Pool
from .variable import VariableRecord

_Entry = TypeVar("_Entry", Connection, VariableRecord, Pool)
_ID_FIELDS: dict[Kind, str] = {"connection": "conn_id", "variable": "key", "pool": "name"}


class Rank(IntEnum):
    """When Airflow asks a source; the lowest comes first."""

    SECRETS_BACKEND = 0
    ENVIRONMENT = 1
    DATABASE = 2


@dataclass(frozen=True)
class Origin:
    """A source that was read.

    Attributes:
        name: What it is called in messages; no password is in it.
        rank: When Airflow asks it. An export file is the database's.
    """

    name: str
    rank: Rank
    export: Export


def resolve(origins: Sequence[Origin]) -> Export:
    """The entries that Airflow would use; the others are `shadowed`.

    An entry that can't be read shadows none: Airflow goes on to its next source, too.

    Raises:
        InvalidExportError: Two sources of the same rank have an id, so that none goes before the other.
    """
    shadowed: list[Shadowed] = []
    connections = _resolved("connection", [(origin, origin.export.connections) for origin in origins], shadowed)
    variables = _resolved("variable", [(origin, origin.export.variables) for origin in origins], shadowed)
    pools = _resolved("pool", [(origin, origin.export.pools) for origin in origins], shadowed)
    losers = {(each.kind, each.id, each.loser) for each in shadowed}
    return Export(
        connections,
        variables,
        pools,
        tuple(problem for origin in origins for problem in origin.export.problems),
        tuple(shadowed),
        tuple(
            note
            for origin in origins
            for note in origin.export.notes
            if (note.kind, note.id, origin.name) not in losers
        ),
    )


def _resolved(
    kind: Kind, groups: Sequence[tuple[Origin, tuple[_Entry, ...]]], shadowed: list[Shadowed]
) -> tuple[_Entry, ...]:
    id_field = _ID_FIELDS[kind]
    spelled = {
        getattr(entry, id_field) for origin, entries in groups if origin.rank != Rank.ENVIRONMENT for entry in entries
    }
    winners: dict[str, tuple[Origin, _Entry]] = {}
    # `sorted` keeps the order that was given within a rank.
    for origin, entries in sorted(groups, key=lambda group: group[0].rank):
        for entry in _respelled(entries, id_field, spelled) if origin.rank == Rank.ENVIRONMENT else entries:
            id_ = getattr(entry, id_field)
            winner, _ = winners.setdefault(id_, (origin, entry))
            if winner is origin:
                continue
            if winner.rank == origin.rank:
                raise InvalidExportError(
                    f"{kind} {id_!r} is in both {winner.name} and {origin.name}, and neither goes before the other; "
                    "leave one of them out"
                )
            shadowed.append(Shadowed(kind, id_, winner.name, origin.name))
    return tuple(entry for origin, _ in groups for winner, entry in winners.values() if winner is origin)


def _respelled(entries: Iterable[_Entry], id_field: str, spelled: Iterable[str]) -> Iterator[_Entry]:
    """The environment's entries under the ids that other sources know them by: its names are all upper-case.

    `AIRFLOW_CONN_DB` is used for `DB` as for `db`.
    """
    known: dict[str, list[str]] = {}
    for id_ in sorted(spelled):
        known.setdefault(id_.upper(), []).append(id_)
    for entry in entries:
        own = getattr(entry, id_field)
        for id_ in known.get(own.upper(), [own]):
            yield replace(entry, **{id_field: id_})
