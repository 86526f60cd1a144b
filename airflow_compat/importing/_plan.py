"""The import's plan: what an export asks for, against what Prefect holds. Pure; both sides are data."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from .._airflow.connection import Connection
from .._airflow.export_data import Export, Kind, Shadowed
from .._airflow.names import block_name, collisions, limit_name, variable_name
from ..errors import InvalidConnectionError, InvalidNameError
from .connections import HOMES, connection_from_document, spec_from_connection
from .limits import limit_from_pool
from .specs import MARK, BlockSpec, LimitSpec, Spec, VariableSpec, problem_of_spec
from .variables import SECRET_SLUG, key_from_tags, spec_from_variable

Action: TypeAlias = Literal["create", "replace", "unchanged", "differs", "refused"]
"""What applying does: create it; put it in the place of what differs; nothing, since the server has it; nothing, since
the server has something else under that name; nothing, since it can't be read or kept."""


@dataclass(frozen=True)
class Holdings:
    """What Prefect holds now: the documents, variables and limits that an import may meet."""

    blocks: tuple[BlockSpec, ...] = ()
    variables: tuple[VariableSpec, ...] = ()
    limits: tuple[LimitSpec, ...] = ()


@dataclass(frozen=True)
class Item:
    """One connection, variable or pool, and what is to become of it.

    Attributes:
        home: What Prefect is to hold; empty for what is refused.
        notes: What changes on the way, or why it is refused. None holds a secret.
        spec: What is to be written; its secrets are masked in its repr.
        existing: What the server holds instead.
    """

    kind: Kind
    id: str
    action: Action
    home: str = ""
    notes: tuple[str, ...] = ()
    spec: Spec | None = field(default=None, repr=False)
    existing: Spec | None = field(default=None, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """The item without its spec, for JSON."""
        return {"kind": self.kind, "id": self.id, "action": self.action, "home": self.home, "notes": list(self.notes)}


@dataclass(frozen=True)
class Outcome:
    """What became of an item.

    Attributes:
        item: The item of the plan.
        error: Why it could not be written; empty when it was, or when there was nothing to do.
    """

    item: Item
    error: str = ""

    @property
    def done(self) -> bool:
        """Whether Prefect now holds what the export says."""
        return not self.error and self.item.action in ("create", "replace", "unchanged")


def plan_items(export: Export, holdings: Holdings, *, replace: bool = False) -> tuple[Item, ...]:
    """An item for each entry of the export, problems included, in the export's order by kind.

    With `replace`, what differs is to be replaced; what is refused stays refused.
    """
    items = (
        *_connections(export.connections, holdings),
        *_variables(export, holdings),
        *_pools(export, holdings),
        *(Item(problem.kind, problem.id, "refused", notes=(problem.reason,)) for problem in export.problems),
    )
    others: dict[tuple[Kind, str], list[Shadowed]] = {}
    for shadowed in export.shadowed:
        others.setdefault((shadowed.kind, shadowed.id), []).append(shadowed)
    left_out: dict[tuple[Kind, str], list[str]] = {}
    for note in export.notes:
        left_out.setdefault((note.kind, note.id), []).append(note.text)
    planned = (_replaced(item) if replace and item.action == "differs" else item for item in map(_sendable, items))
    noted = (_with_notes(item, left_out.get((item.kind, item.id), ())) for item in planned)
    return tuple(_with_origin(item, others.get((item.kind, item.id))) for item in noted)


def _sendable(item: Item) -> Item:
    """The item; refused where the server or the request to it would refuse it."""
    problem = problem_of_spec(item.spec) if item.spec and item.action in ("create", "differs") else ""
    return Item(item.kind, item.id, "refused", notes=(problem,)) if problem else item


def _with_notes(item: Item, notes: Iterable[str]) -> Item:
    return item if item.action == "refused" else dataclasses.replace(item, notes=(*item.notes, *notes))


def _connections(connections: Iterable[Connection], holdings: Holdings) -> Iterator[Item]:
    connections = tuple(connections)
    clashes = _clashes((connection.conn_id or "" for connection in connections), block_name)
    held = {spec.name: spec for slug in reversed(HOMES) for spec in holdings.blocks if spec.type_slug == slug}
    for connection in connections:
        id_ = connection.conn_id or ""
        if id_ in clashes:
            yield Item("connection", id_, "refused", notes=(clashes[id_],))
            continue
        spec, losses = spec_from_connection(connection)
        existing = held.get(spec.name)
        if existing is None:
            yield Item("connection", id_, "create", str(spec), tuple(losses), spec)
            continue
        try:
            there = connection_from_document(existing.type_slug, existing.name, existing.data)
        except InvalidConnectionError:
            yield _differs("connection", id_, existing, spec, "what the server has can't be read as a connection")
            continue
        if there.conn_id not in (id_, existing.name):
            yield _taken("connection", id_, existing, there.conn_id or "")
        elif _same_connection(there, spec):
            yield Item("connection", id_, "unchanged", str(existing), spec=spec)
        else:
            yield _differs("connection", id_, existing, spec)


def _same_connection(there: Connection, spec: BlockSpec) -> bool:
    wanted = connection_from_document(spec.type_slug, spec.name, spec.data)
    return _unnamed(there) == _unnamed(wanted)


def _unnamed(connection: Connection) -> tuple[object, ...]:
    return tuple(getattr(connection, name) for name in connection.__dataclass_fields__ if name != "conn_id")


def _variables(export: Export, holdings: Holdings) -> Iterator[Item]:
    clashes = _clashes((variable.key for variable in export.variables), variable_name)
    clashes |= _clashes((variable.key for variable in export.variables), block_name)
    variables = {spec.name: (spec, key_from_tags(spec.tags, spec.name)) for spec in holdings.variables}
    secrets = {
        spec.name: (spec, (spec.data.get(MARK) or {}).get("key", spec.name))
        for spec in holdings.blocks
        if spec.type_slug == SECRET_SLUG
    }
    for variable in export.variables:
        if variable.key in clashes:
            yield Item("variable", variable.key, "refused", notes=(clashes[variable.key],))
            continue
        spec, notes = spec_from_variable(variable)
        # In the order in which Variable.get looks: a plain one hides a secret one.
        held = [
            found
            for found in (variables.get(variable_name(variable.key)), secrets.get(block_name(variable.key)))
            if found
        ]
        own = [existing for existing, key in held if key in (variable.key, existing.name)]
        others = [(existing, key) for existing, key in held if type(existing) is type(spec)]
        if own and type(own[0]) is type(spec) and _value(own[0]) == _value(spec):
            yield Item("variable", variable.key, "unchanged", str(own[0]), spec=spec)
        elif own:
            yield _differs("variable", variable.key, own[0], spec)
        elif others:
            yield _taken("variable", variable.key, *others[0])
        else:
            yield Item("variable", variable.key, "create", str(spec), tuple(notes), spec)


def _value(spec: VariableSpec | BlockSpec) -> str:
    """The value as text, which unlike data tells 1 from True."""
    value = spec.value if isinstance(spec, VariableSpec) else spec.data.get("value")
    return json.dumps(value, sort_keys=True)


def _pools(export: Export, holdings: Holdings) -> Iterator[Item]:
    clashes = _clashes((pool.name for pool in export.pools), limit_name)
    held = {spec.name: spec for spec in holdings.limits}
    for pool in export.pools:
        if pool.name in clashes:
            yield Item("pool", pool.name, "refused", notes=(clashes[pool.name],))
            continue
        spec, notes = limit_from_pool(pool)
        existing = held.get(spec.name)
        if existing is None:
            yield Item("pool", pool.name, "create", str(spec), tuple(notes), spec)
        elif existing == spec:
            yield Item("pool", pool.name, "unchanged", str(existing), spec=spec)
        else:
            is_ = f"limit {existing.limit}" + ("" if existing.active else ", inactive")
            yield _differs("pool", pool.name, existing, spec, f"the server has {is_}, the export {spec.limit}")


def _with_origin(item: Item, shadowed: list[Shadowed] | None) -> Item:
    if not shadowed:
        return item
    losers = ", ".join(other.loser for other in shadowed)
    origin = f"from {shadowed[0].winner}, which Airflow asks before {losers}"
    return dataclasses.replace(item, notes=(origin, *item.notes))


def _clashes(ids: Iterable[str], rename: Callable[[str], str]) -> dict[str, str]:
    """The ids that can't be named, or that would share a name, each with the reason."""
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


def _taken(kind: Kind, id_: str, existing: Spec, other: str) -> Item:
    note = f"{existing} already holds {other!r}, which has the same name in Prefect; rename one of them in Airflow"
    return Item(kind, id_, "refused", notes=(note,))


def _differs(kind: Kind, id_: str, existing: Spec, spec: Spec, note: str = "the server has other values") -> Item:
    return Item(kind, id_, "differs", str(existing), (f"{note}; kept as it is",), spec, existing)


def _replaced(item: Item) -> Item:
    moved = str(item.existing) != str(item.spec)
    notes = (f"in the place of {item.existing}",) if moved else ()
    return dataclasses.replace(item, action="replace", home=str(item.spec), notes=notes)
