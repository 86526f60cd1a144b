"""Groups DAG files that have to move together, because their DAGs wait for, start or update each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from ..dags._links import Link

# Objects that more than this number of files use don't affect the order of moves.
_MOST_USERS = 10


def groups_of(files: Mapping[str, Iterable[str]], links: Iterable[Link]) -> tuple[tuple[str, ...], ...]:
    """Return the files in groups; a file without links is a group of its own.

    Args:
        files: The ids of the DAGs in each file.
        links: The links between DAGs, such as one DAG that starts another.
    """
    file_of = {dag_id: file for file, dag_ids in files.items() for dag_id in dag_ids}
    union = _Union(files)
    of_asset: dict[str, str] = {}
    for link in links:
        if (file := file_of.get(link.dag_id)) is None:
            continue
        if link.kind in ("waits for", "starts"):
            other = file_of.get(link.other)
        else:
            other = of_asset.setdefault(link.other, file)
        if other is not None:
            union.join(file, other)
    groups: dict[str, list[str]] = {}
    for file in files:
        groups.setdefault(union.leader(file), []).append(file)
    return tuple(tuple(group) for group in groups.values())


class Neighbours(NamedTuple):
    """The group of files that are next to a file in the order of moves, because they use the same objects.

    Attributes:
        leader: The name of the first file in the group.
        shares: What the file shares with other files of the group.
    """

    leader: str
    shares: tuple[str, ...] = ()


def neighbours_of(files: Iterable[str], users: Mapping[str, Collection[str]]) -> dict[str, Neighbours]:
    """Return, for each file, the group of files that use the same objects.

    Args:
        files: The files.
        users: The files that use each object, by the object's description. Objects that many files use are ignored.
    """
    union = _Union(files)
    shares: dict[str, list[str]] = {}
    for name, sharing in users.items():
        known = sorted(file for file in sharing if file in union.leaders)
        if 1 < len(known) <= _MOST_USERS:
            for file in known:
                union.join(known[0], file)
                shares.setdefault(file, []).append(name)
    return {file: Neighbours(union.leader(file), tuple(shares.get(file, ()))) for file in union.leaders}


class _Union:
    """Joins files to groups."""

    def __init__(self, files: Iterable[str]) -> None:
        self.leaders = {file: file for file in files}

    def leader(self, file: str) -> str:
        while self.leaders[file] != file:
            file = self.leaders[file]
        return file

    def join(self, one: str, other: str) -> None:
        first, second = sorted((self.leader(one), self.leader(other)))
        self.leaders[second] = first
