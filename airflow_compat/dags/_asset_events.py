"""The events of the assets that a task writes: `context["outlet_events"]`, and what is sent when the task succeeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..authoring import Asset, AssetAlias
from ..schedules import Asset as PlainAsset
from ..schedules._asset_events import send_asset_event

PARTITION = "partition_key"
"""The key of the partition in an event's data. In Airflow, the event has a separate field for the partition."""
_LONGEST_KEY = 250


@dataclass
class OutletEvent:
    """The event for one asset, or the assets that are added to one alias.

    Attributes:
        extra: The data that the event contains.
        added: The assets that the task wrote under an alias, each with the data for its event.
        partition_keys: The partitions that the task writes.
    """

    key: Any
    extra: dict[str, Any] = field(default_factory=dict)
    added: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)
    partition_keys: dict[str, None] = field(default_factory=dict)

    def add_partitions(self, keys: str | list[str]) -> None:
        """Send one event for each partition. Its data contains the key of the partition.

        Raises:
            TypeError: This object is for an alias, not for an asset.
            ValueError: A partition's key is empty, or has more than 250 characters.
        """
        if isinstance(self.key, AssetAlias):
            raise TypeError("add_partitions() is not supported on asset alias outlet events. Name the asset.")
        names = [keys] if isinstance(keys, str) else keys
        for name in names:
            if not name.strip() or len(name) > _LONGEST_KEY:
                raise ValueError(f"partition_key must have 1 to {_LONGEST_KEY} characters; got {name[:40]!r}.")
        self.partition_keys.update(dict.fromkeys(names))

    def add(self, asset: Any, extra: dict[str, Any] | None = None) -> None:
        """Add an asset to this alias, because the task wrote the asset."""
        if isinstance(self.key, AssetAlias):
            self.added.append((asset, dict(extra or {})))


class OutletEvents:
    """`context["outlet_events"]`: the events of outlets. The keys are assets, aliases and references to assets."""

    def __init__(self) -> None:
        self._events: dict[tuple[str, str], OutletEvent] = {}

    def __getitem__(self, key: Any) -> OutletEvent:
        return self._events.setdefault(_place(key), OutletEvent(key))

    def for_asset(self, *, name: str | None = None, uri: str | None = None) -> OutletEvent:
        return self[Asset(name=name, uri=uri)]

    def for_asset_alias(self, *, name: str) -> OutletEvent:
        return self[AssetAlias(name)]

    def sent(self, outlets: Iterable[Any]) -> Iterator[AssetEvent]:
        """Yield the events to send after a task with these outlets has succeeded."""
        for outlet in outlets:
            event = self[outlet]
            if isinstance(outlet, Asset):
                extra = {**outlet.extra, **event.extra}
                for partition in event.partition_keys or [None]:
                    yield AssetEvent(
                        outlet.uri, outlet.name, extra if partition is None else {**extra, PARTITION: partition}
                    )
            for asset, extra in event.added:
                yield AssetEvent(asset.uri, asset.name, {**asset.extra, **extra}, alias=outlet.name)


@dataclass(frozen=True)
class AssetEvent:
    """An event of an asset that will be sent to the server; it consists of JSON data."""

    uri: str
    name: str
    extra: dict[str, Any]
    alias: str | None = None

    def send(self) -> None:
        send_asset_event(PlainAsset(self.name, self.uri), self.extra, alias=self.alias)


def _place(key: Any) -> tuple[str, str]:
    if isinstance(key, AssetAlias):
        return "alias", key.name
    return "asset", getattr(key, "uri", None) or key.name
