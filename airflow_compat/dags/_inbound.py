"""Counts the upstream instances on which the instances of one task depend."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from airflow_compat.dags._expansion import Lengths, is_expanded
from airflow_compat.dags._tally import Tally


class Row(NamedTuple):
    """One instance of a mapped task group: the instances of its tasks that belong to one map index of the group."""

    group_id: str
    number: int


class Scope(NamedTuple):
    """The instances of the downstream task to which a tally applies: those in one row of a mapped group, or all.

    With `everything`, the upstream instances in all rows count. With neither `everything` nor a row, only those
    upstream instances count that are outside the mapped groups around both tasks.
    """

    row: Row | None
    everything: bool = False


class Inbound:
    """Counts the upstream instances on which one task depends for one reason (`Role`).

    An instance in a mapped group depends on the upstream instances with the group's same map index (its row), and on
    all upstream instances outside the group.
    """

    def __init__(self, task_id: str, lengths: Lengths) -> None:
        self._task_id = task_id
        self._lengths = lengths
        self._in_group = lengths.is_in_mapped_group(task_id)
        self._tallies: defaultdict[Scope, Tally] = defaultdict(Tally)

    def scopes(self, upstream_id: str, map_index: int) -> Iterator[Scope]:
        """Yield the scopes whose tallies count an upstream instance."""
        yield Scope(None, everything=True)
        if self._in_group:
            group = self._lengths.common_group(self._task_id, upstream_id) if is_expanded(map_index) else None
            if group is None:
                yield Scope(None)
            else:
                yield Scope(Row(group.group_id, self._lengths.row_read(upstream_id, map_index, self._task_id, group)))

    def __getitem__(self, scope: Scope) -> Tally:
        return self._tallies[scope]

    def seen_by(self, map_index: int, *, everything: bool) -> Tally:
        """Return the counts of the upstream instances on which an instance depends."""
        if everything or not self._in_group:
            return self._tallies[Scope(None, everything=True)]
        seen = self._tallies[Scope(None)]
        if is_expanded(map_index):
            for group in self._lengths.groups_around(self._task_id):
                number = self._lengths.row_of(self._task_id, map_index, group)
                row = self._tallies.get(Scope(Row(group.group_id, number)))
                if row is not None:
                    seen = seen + row
        return seen
