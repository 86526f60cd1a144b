"""Copies pools from an Airflow export, or from a mapping, to Prefect."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace as replace_fields
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from .._airflow.export_data import Export
from .._airflow.exports import parse_export
from .._airflow.names import limit_name
from .._files.content import content
from .._prefect.given_items import are_items, of_one_kind
from .._prefect.limits import read_limits
from .._prefect.plan import Item, Outcome, planned
from .._prefect.specs import LimitSpec
from .._prefect.writer import Writer
from ..errors import InvalidExportError
from ._plan import plan_limits
from ._server_states import read_pool_limits


def plan_pools(source: str | PathLike[str] | Mapping[str, Any], *, replace: bool) -> tuple[Item, ...]:
    if not isinstance(source, (str, PathLike, Mapping)):
        raise InvalidExportError(
            f"pools: the source is of type {type(source).__name__}. Pass a file's path, or a mapping of names to slots"
        )
    export = _from_mapping(source) if isinstance(source, Mapping) else _from_file(source)
    items = planned(export, plan_limits(export.pools, read_limits()), replace=replace)
    held = {limit.name: limit.active_slots for limit in read_pool_limits()}
    return tuple(_with_held(item, held) for item in items)


def apply_pools(
    given: Iterable[Item] | str | PathLike[str] | Mapping[str, Any], *, replace: bool | None
) -> tuple[Outcome, ...]:
    if isinstance(given, (str, PathLike, Mapping)):
        items = plan_pools(given, replace=replace is not False)
    else:
        items = of_one_kind(given, Item, error=InvalidExportError)
        are_items(items, Item, {"replace": replace}, InvalidExportError)
    writer = Writer()
    return tuple(Outcome(item, writer.write(item)) for item in items)


def _from_mapping(source: Mapping[str, Any]) -> Export:
    entries = {name: {"slots": value} if isinstance(value, int) else value for name, value in source.items()}
    try:
        data = json.dumps(entries).encode()
    except (TypeError, ValueError):
        raise InvalidExportError(
            "pools: the mapping has values that JSON can't store. Use {'name': slots}, as in `airflow pools export`"
        ) from None
    return parse_export(data, "pools.json")


def _from_file(source: str | PathLike[str]) -> Export:
    export = parse_export(content(Path(source), InvalidExportError), fspath(source))
    if not export.pools and not any(problem.kind == "pool" for problem in export.problems):
        raise InvalidExportError(
            f"{fspath(source)}: the file has no pools. Export the pools with `airflow pools export`"
        )
    return export


def _with_held(item: Item, held: Mapping[str, int]) -> Item:
    slots = held.get(limit_name(item.id), 0) if item.action == "replace" else 0
    if isinstance(item.spec, LimitSpec) and slots > item.spec.limit:
        held_slots = "1 slot is held and stays held" if slots == 1 else f"{slots} slots are held and stay held"
        note = f"{held_slots}: requests wait until enough slots are released"
        return replace_fields(item, notes=(*item.notes, note))
    return item
