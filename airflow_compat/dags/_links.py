"""Finds the dependencies between DAGs that sensors, triggers and assets create."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ..authoring._assets import BaseAsset
from ._uses import arguments_of

if TYPE_CHECKING:
    from ..authoring import DAG

LinkKind: TypeAlias = Literal["waits for", "starts", "updates", "is started by"]


@dataclass(frozen=True)
class Link:
    """A dependency of a DAG on another DAG or an asset.

    Attributes:
        kind: How the DAG depends on the other: it `waits for` or `starts` a DAG, or it `updates` or `is started by` an
            asset.
        other: The id of the other DAG, or the name or URI of the asset.
    """

    dag_id: str
    kind: LinkKind
    other: str


def links_of(dag: DAG) -> Iterator[Link]:
    """Yield the links that the tasks and the schedule of a DAG create."""
    for task in dag.task_dict.values():
        arguments = arguments_of(task)
        pairs: tuple[tuple[LinkKind, Any], ...] = (
            ("waits for", arguments.get("external_dag_id")),
            ("starts", arguments.get("trigger_dag_id")),
        )
        yield from (Link(dag.dag_id, kind, value) for kind, value in pairs if isinstance(value, str) and value)
        outlets: Any = arguments.get("outlets") or ()
        for each in outlets if isinstance(outlets, (list, tuple)) else (outlets,):
            yield from (Link(dag.dag_id, "updates", name) for name in _assets(each))
    yield from (Link(dag.dag_id, "is started by", name) for name in _assets(dag.schedule))


def _assets(value: Any) -> Iterator[str]:
    """Yield the URI of each asset in a schedule or an outlet, or its name if it has no URI."""
    # These attributes contain assets, in Airflow's conditions and in timetables that are combined with assets.
    parts: Any = getattr(value, "objects", None) or getattr(value, "assets", None)
    if isinstance(value, (list, tuple)):
        parts = value
    if isinstance(parts, (list, tuple)):
        for each in parts:
            yield from _assets(each)
    elif parts is not None:
        yield from _assets(parts)
    elif isinstance(value, BaseAsset):
        yield str(getattr(value, "uri", "") or getattr(value, "name", ""))
