"""Merges several sources. If several contain the same id, the first source in Airflow's order is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TypeVar

from .._airflow.connection import Connection
from .._airflow.export_data import Export, Kind, Shadowed
from .._airflow.pool import Pool
from .._airflow.variable import VariableRecord
from ..errors import InvalidExportError

_Entry = TypeVar("_Entry", Connection, VariableRecord, Pool)
_ID_FIELDS: dict[Kind, str] = {"connection": "conn_id", "variable": "key", "pool": "name"}


class Rank(IntEnum):
    """The position of a source in Airflow's order of precedence. Airflow asks sources of the lowest rank first."""

    SECRETS_BACKEND = 0
    ENVIRONMENT = 1
    DATABASE = 2


@dataclass(frozen=True)
class Origin:
    """A source and the content that was read from it. `name` is the source's name for messages, without passwords."""

    name: str
    rank: Rank
    export: Export


def resolve(origins: Sequence[Origin]) -> Export:
    """Return the connections, variables and pools that Airflow would use. `shadowed` of the result lists the others.

    If a source's value for an id can't be read, the next source's value is used, as in Airflow.

    Raises:
        InvalidExportError: Two sources of the same rank contain the same id.
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
    # Sources of the same rank keep their order, because `sorted` is stable.
    for origin, entries in sorted(groups, key=lambda group: group[0].rank):
        for entry in _respelled(entries, id_field, spelled) if origin.rank == Rank.ENVIRONMENT else entries:
            id_ = getattr(entry, id_field)
            winner, _ = winners.setdefault(id_, (origin, entry))
            if winner is origin:
                continue
            if winner.rank == origin.rank:
                raise InvalidExportError(
                    f"{kind.capitalize()} {id_!r} is in both {winner.name} and {origin.name}, which have the same "
                    f"precedence. Remove {id_!r} from one of the two."
                )
            shadowed.append(Shadowed(kind, id_, winner.name, origin.name))
    return tuple(entry for origin, _ in groups for winner, entry in winners.values() if winner is origin)


def _respelled(entries: Iterable[_Entry], id_field: str, spelled: Iterable[str]) -> Iterator[_Entry]:
    """Return the environment's connections or variables, with their ids spelled as in the other sources.

    Names of environment variables are upper-case, so `AIRFLOW_CONN_DB` provides both the id `DB` and the id `db`.
    """
    known: dict[str, list[str]] = {}
    for id_ in sorted(spelled):
        known.setdefault(id_.upper(), []).append(id_)
    for entry in entries:
        own = getattr(entry, id_field)
        for id_ in known.get(own.upper(), [own]):
            yield replace(entry, **{id_field: id_})
