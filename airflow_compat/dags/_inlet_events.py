"""The events of the assets that a task reads: `context["inlet_events"]`. The events are stored on Prefect's server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any, overload

from .._prefect.datetimes import in_pendulum
from ..authoring import Asset, AssetAlias
from ..schedules._assets import ALIAS_LABEL, ASSET_EVENT, resource_id
from . import _server as server


@dataclass(frozen=True)
class InletEvent:
    """An event of an asset.

    Attributes:
        extra: The data that the task which wrote the asset has added.
    """

    asset: Asset
    extra: Mapping[str, Any]
    timestamp: datetime

    @property
    def uri(self) -> str:
        return self.asset.uri


@dataclass(frozen=True, eq=False)
class EventsOfInlet(Sequence[InletEvent]):
    """The events of an asset or alias, the oldest first. They are read from the server when code uses them.

    Attributes:
        resource: The filter with which Prefect's API finds events of the asset.
    """

    resource: Mapping[str, Any]
    since: str | None = None
    until: str | None = None
    is_ascending: bool = True
    most: int | None = None

    def after(self, after: Any) -> EventsOfInlet:
        return replace(self, since=_text(after))

    def before(self, before: Any) -> EventsOfInlet:
        return replace(self, until=_text(before))

    def ascending(self, ascending: bool = True) -> EventsOfInlet:
        return replace(self, is_ascending=ascending)

    def limit(self, limit: int) -> EventsOfInlet:
        return replace(self, most=limit)

    @cached_property
    def _events(self) -> list[InletEvent]:
        occurred = {name: moment for name, moment in (("since", self.since), ("until", self.until)) if moment}
        filter_ = {
            "event": {"name": [ASSET_EVENT]},
            "resource": self.resource,
            "order": "ASC" if self.is_ascending else "DESC",
            **({"occurred": occurred} if occurred else {}),
        }
        return list(map(_event, islice(server.read_events(filter_), self.most)))

    @overload
    def __getitem__(self, place: int) -> InletEvent: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[InletEvent]: ...

    def __getitem__(self, place: int | slice) -> InletEvent | Sequence[InletEvent]:
        return self._events[place]

    def __len__(self) -> int:
        return len(self._events)


class InletEvents(Mapping[Any, EventsOfInlet]):
    """`context["inlet_events"]`: the events of inlets. The keys are assets, aliases, references or positions."""

    def __init__(self, inlets: Sequence[Any]) -> None:
        self._inlets = list(inlets)

    def __getitem__(self, key: Any) -> EventsOfInlet:
        wanted = self._inlets[key] if isinstance(key, int) else key
        found = next((inlet for inlet in self._inlets if _names(inlet) & _names(wanted)), None)
        if found is None:
            raise KeyError(key)
        return events_of(found)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._inlets)

    def __len__(self) -> int:
        return len(self._inlets)

    def for_asset(self, *, name: str | None = None, uri: str | None = None) -> EventsOfInlet:
        return self[Asset(name=name, uri=uri) if name and uri else Asset.ref(name=name or "", uri=uri or "")]

    def for_asset_alias(self, *, name: str) -> EventsOfInlet:
        return self[AssetAlias(name)]


def events_of(inlet: Any) -> EventsOfInlet:
    """Return the events of an asset, an alias or a reference."""
    return EventsOfInlet(_resource(inlet))


def _names(inlet: Any) -> set[tuple[str, str]]:
    """Return the name and the URI of an inlet. A reference has either only a name or only a URI."""
    if isinstance(inlet, AssetAlias):
        return {("alias", inlet.name)}
    uri = inlet if isinstance(inlet, str) else getattr(inlet, "uri", None)
    name = getattr(inlet, "name", None)
    return {(kind, value) for kind, value in (("name", name), ("uri", uri)) if value}


def _resource(inlet: Any) -> dict[str, Any]:
    if isinstance(inlet, AssetAlias):
        return {"labels": {ALIAS_LABEL: [inlet.name]}}
    if uri := getattr(inlet, "uri", None):
        return {"id": [resource_id(Asset(uri=uri))]}
    return {"labels": {"prefect.resource.name": [inlet.name]}}


def _event(event: Mapping[str, Any]) -> InletEvent:
    payload = event["payload"]
    asset = Asset(name=payload["name"], uri=payload["uri"])
    return InletEvent(asset, payload["extra"], in_pendulum(datetime.fromisoformat(event["occurred"])))


def _text(moment: Any) -> str:
    return moment.isoformat() if isinstance(moment, datetime) else str(moment)
