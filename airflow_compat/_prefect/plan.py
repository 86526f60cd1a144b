"""The items and outcomes of an import's plan, for connections, variables and pools."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from .._airflow.export_data import Export, Kind, Shadowed
from .._airflow.names import collisions
from ..errors import InvalidNameError
from .specs import Spec, problem_of_spec

Action: TypeAlias = Literal["create", "replace", "unchanged", "differs", "refused"]
"""The planned action. `differs` means that the server has other values; only `create` and `replace` items are
written."""


@dataclass(frozen=True)
class Item:
    """A connection, variable or pool, and the planned action.

    Attributes:
        home: The name of the Prefect object that stores the item; empty if the item is refused.
        notes: The planned changes, or the reason for a refusal, without secrets.
        spec: The object to write.
        existing: The object that the server already has.
    """

    kind: Kind
    id: str
    action: Action
    home: str = ""
    notes: tuple[str, ...] = ()
    spec: Spec | None = field(default=None, repr=False)
    existing: Spec | None = field(default=None, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return JSON data without the spec."""
        return {"kind": self.kind, "id": self.id, "action": self.action, "home": self.home, "notes": list(self.notes)}


@dataclass(frozen=True)
class Outcome:
    """The result of writing an item. `error` says why the item could not be written, or is empty."""

    item: Item
    error: str = ""

    @property
    def done(self) -> bool:
        """True if the server now has the export's values."""
        return not self.error and self.item.action in ("create", "replace", "unchanged")


def clashes(ids: Iterable[str], rename: Callable[[str], str]) -> dict[str, str]:
    """Return the ids that have no valid Prefect name, or have the same one as another id, each with the reason."""
    reasons: dict[str, str] = {}
    legal = []
    for id_ in ids:
        try:
            rename(id_)
        except InvalidNameError as exc:
            reasons[id_] = str(exc)
        else:
            legal.append(id_)
    for name, same in collisions(legal, rename).items():
        both = " and ".join(repr(id_) for id_ in same)
        reasons |= dict.fromkeys(same, f"{both} would share the name {name!r}; rename one of them in Airflow")
    return reasons


def taken(kind: Kind, id_: str, existing: Spec, other: str) -> Item:
    note = f"{existing} already holds {other!r}, which has the same name in Prefect; rename one of the two in Airflow"
    return Item(kind, id_, "refused", notes=(note,))


def differs(kind: Kind, id_: str, existing: Spec, spec: Spec, note: str = "the server has other values") -> Item:
    return Item(kind, id_, "differs", str(existing), (f"{note}; kept as it is",), spec, existing)


def replaced(item: Item) -> Item:
    notes = (f"replaces {item.existing}",) if str(item.existing) != str(item.spec) else ()
    return dataclasses.replace(item, action="replace", home=str(item.spec), notes=notes)


def _sendable(item: Item) -> Item:
    """Return the item, or a refused item if the server would refuse the spec."""
    problem = problem_of_spec(item.spec) if item.spec and item.action in ("create", "differs") else ""
    return Item(item.kind, item.id, "refused", notes=(problem,)) if problem else item


def _with_notes(item: Item, left_out: Iterable[str], shadowed: Sequence[Shadowed]) -> Item:
    losers = ", ".join(other.loser for other in shadowed)
    origin = [f"from {other.winner}, which Airflow asks before {losers}" for other in shadowed[:1]]
    more = () if item.action == "refused" else left_out
    return dataclasses.replace(item, notes=(*origin, *item.notes, *more))


def planned(export: Export, items: Iterable[Item], *, replace: bool) -> tuple[Item, ...]:
    """Return the items with the export's notes, followed by a refused item for each problem of the export."""
    problems = (Item(problem.kind, problem.id, "refused", notes=(problem.reason,)) for problem in export.problems)
    others: dict[tuple[Kind, str], list[Shadowed]] = {}
    for shadowed in export.shadowed:
        others.setdefault((shadowed.kind, shadowed.id), []).append(shadowed)
    left_out: dict[tuple[Kind, str], list[str]] = {}
    for note in export.notes:
        left_out.setdefault((note.kind, note.id), []).append(note.text)
    found = (replaced(item) if replace and item.action == "differs" else item for item in map(_sendable, items))
    return tuple(
        _with_notes(item, left_out.get((item.kind, item.id), ()), others.get((item.kind, item.id), ()))
        for item in (*found, *problems)
    )
