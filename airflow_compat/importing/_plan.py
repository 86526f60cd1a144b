"""Plans an import: compares an export with the items on the Prefect server.

This module sends no requests: it gets the export and the server's items as data.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

from .._airflow.connection import Connection
from .._airflow.export_data import Export
from .._airflow.names import block_name, variable_name
from .._prefect.plan import Item, clashes, differs, planned, taken
from .._prefect.specs import MARK, BlockSpec, LimitSpec, VariableSpec
from ..connections._specs import HOMES, connection_from_document, spec_from_connection
from ..errors import InvalidConnectionError
from ..pools._plan import plan_limits
from ..variables._specs import SECRET_SLUG, key_from_tags, spec_from_variable


@dataclasses.dataclass(frozen=True)
class Holdings:
    """The server's existing block documents, variables and concurrency limits that an import may replace."""

    blocks: tuple[BlockSpec, ...] = ()
    variables: tuple[VariableSpec, ...] = ()
    limits: tuple[LimitSpec, ...] = ()


def plan_items(export: Export, holdings: Holdings, *, replace: bool = False) -> tuple[Item, ...]:
    """Return one item for each of the export's connections, variables, pools and problems, in this order.

    Even with `replace`, items that are refused stay refused.
    """
    return planned(
        export,
        (
            *_connections(export.connections, holdings),
            *_variables(export, holdings),
            *plan_limits(export.pools, holdings.limits),
        ),
        replace=replace,
    )


def _connections(connections: tuple[Connection, ...], holdings: Holdings) -> Iterator[Item]:
    clashing = clashes((connection.conn_id or "" for connection in connections), block_name)
    held = {spec.name: spec for slug in reversed(HOMES) for spec in holdings.blocks if spec.type_slug == slug}
    for connection in connections:
        id_ = connection.conn_id or ""
        if id_ in clashing:
            yield Item("connection", id_, "refused", notes=(clashing[id_],))
            continue
        spec, losses = spec_from_connection(connection)
        existing = held.get(spec.name)
        if existing is None:
            yield Item("connection", id_, "create", str(spec), tuple(losses), spec)
            continue
        try:
            there = connection_from_document(existing.type_slug, existing.name, existing.data)
        except InvalidConnectionError:
            yield differs("connection", id_, existing, spec, "the server's block can't be read as a connection")
            continue
        if there.conn_id not in (id_, existing.name):
            yield taken("connection", id_, existing, there.conn_id or "")
        elif _same_connection(there, spec):
            yield Item("connection", id_, "unchanged", str(existing), spec=spec)
        else:
            yield differs("connection", id_, existing, spec)


def _same_connection(there: Connection, spec: BlockSpec) -> bool:
    wanted = connection_from_document(spec.type_slug, spec.name, spec.data)
    return dataclasses.replace(there, conn_id=wanted.conn_id) == wanted


def _variables(export: Export, holdings: Holdings) -> Iterator[Item]:
    clashing = clashes((variable.key for variable in export.variables), variable_name)
    clashing |= clashes((variable.key for variable in export.variables), block_name)
    variables = {spec.name: (spec, key_from_tags(spec.tags, spec.name)) for spec in holdings.variables}
    secrets = {
        spec.name: (spec, (spec.data.get(MARK) or {}).get("key", spec.name))
        for spec in holdings.blocks
        if spec.type_slug == SECRET_SLUG
    }
    for variable in export.variables:
        if variable.key in clashing:
            yield Item("variable", variable.key, "refused", notes=(clashing[variable.key],))
            continue
        spec, notes = spec_from_variable(variable)
        # As in `Variable.get`, a Prefect variable comes before a Secret block with the same key.
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
            yield differs("variable", variable.key, own[0], spec)
        elif others:
            yield taken("variable", variable.key, *others[0])
        else:
            yield Item("variable", variable.key, "create", str(spec), tuple(notes), spec)


def _value(spec: VariableSpec | BlockSpec) -> str:
    """Return the value as JSON text: in JSON, 1 and true differ, while Python's 1 and True are equal."""
    return json.dumps(spec.value if isinstance(spec, VariableSpec) else spec.data.get("value"), sort_keys=True)
