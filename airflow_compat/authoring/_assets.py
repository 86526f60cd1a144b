"""Assets (datasets in Airflow 2), as schedules and as inlets and outlets of tasks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import schedules
from ..errors import DagDefinitionError


class BaseAsset:
    """Base class of everything that a schedule's condition can contain."""

    def __and__(self, other: Any) -> AssetAll:
        return AssetAll(self, other)

    def __or__(self, other: Any) -> AssetAny:
        return AssetAny(self, other)


class Asset(BaseAsset, schedules.Asset):
    """Data that tasks write and DAGs wait for.

    Args:
        name: The name; by default, the URI.
        uri: The location; by default, the name.
        group: The kind of the asset.
        extra: Data about the asset.
        watchers: Triggers that watch the asset.
        access_control: The access rules of the asset.
    """

    asset_type = "asset"
    group: str
    watchers: list[Any]
    access_control: Any

    def __init__(
        self,
        name: str | None = None,
        uri: Any = None,
        *,
        group: str | None = None,
        extra: Mapping[str, Any] | None = None,
        watchers: list[Any] | None = None,
        access_control: Any = None,
    ) -> None:
        if name is None and uri is None:
            raise DagDefinitionError(f"{type(self).__name__}() requires either 'name' or 'uri'. Pass one.")
        for word, value in (("name", name), ("uri", uri)):
            text = "" if value is None else str(value)
            if value is not None and (not text.strip() or len(text) > 1500):
                raise DagDefinitionError(f"The {word} of an asset is {text[:40]!r}. Use 1 to 1500 characters.")
            if text.startswith("airflow:"):
                raise DagDefinitionError("Asset scheme 'airflow' is reserved. Use another scheme.")
        super().__init__(name, None if uri is None else str(uri), extra=extra)
        object.__setattr__(self, "group", self.asset_type if group is None else group)
        object.__setattr__(self, "watchers", list(watchers or ()))
        object.__setattr__(self, "access_control", access_control)

    @staticmethod
    def ref(*, name: str = "", uri: str = "") -> AssetRef:
        """Return a reference to an asset that is defined elsewhere, by its name or URI."""
        if bool(name) is bool(uri):
            raise DagDefinitionError("Asset.ref() got both or none of 'name' and 'uri'. Pass one.")
        return AssetNameRef(name) if name else AssetUriRef(uri)

    def __fspath__(self) -> str:
        return self.uri


class Model(Asset):
    """An asset for a machine-learning model."""

    asset_type = "model"


class Dataset(Asset):
    """An asset, under its Airflow 2 name; the first argument is the URI."""

    asset_type = "dataset"

    def __init__(self, uri: Any, extra: Mapping[str, Any] | None = None, **arguments: Any) -> None:
        super().__init__(uri=uri, extra=extra, **arguments)


class AssetRef(BaseAsset):
    """A reference to an asset that is defined elsewhere."""


@dataclass(frozen=True)
class AssetNameRef(AssetRef):
    """A reference to an asset by its name."""

    name: str


@dataclass(frozen=True)
class AssetUriRef(AssetRef):
    """A reference to an asset by its URI."""

    uri: str


@dataclass(frozen=True)
class AssetAlias(BaseAsset):
    """A name that stands for assets that tasks choose while they run."""

    name: str
    group: str = field(default="asset", kw_only=True)


class _Condition(BaseAsset):
    objects: tuple[Any, ...]

    def __init__(self, *objects: Any) -> None:
        if not all(isinstance(each, BaseAsset) for each in objects):
            raise DagDefinitionError("expect asset expressions in condition. Pass assets, aliases and conditions.")
        # `a & b & c` is one condition on three assets.
        parts = [part for each in objects for part in (each.objects if type(each) is type(self) else (each,))]
        object.__setattr__(self, "objects", tuple(dict.fromkeys(parts)))


class AssetAll(_Condition, schedules.AssetAll):
    """A condition that is met when all of its assets have had an event since the last run."""


class AssetAny(_Condition, schedules.AssetAny):
    """A condition that is met when one of its assets has had an event since the last run."""


@dataclass(frozen=True, init=False)
class AssetOrTimeSchedule(schedules.AssetOrTimeSchedule):
    """A schedule in which a timetable and asset events both start runs."""

    def __init__(self, *, timetable: Any, assets: Any = None, datasets: Any = None) -> None:
        condition = assets if assets is not None else datasets
        if isinstance(condition, Collection):
            condition = AssetAll(*condition)
        super().__init__(timetable=timetable, assets=condition)

    @property
    def asset_condition(self) -> Any:
        return self.assets


@dataclass(frozen=True)
class AssetWatcher:
    """A trigger that watches an asset."""

    name: str
    trigger: Any


@dataclass(frozen=True)
class Metadata:
    """Data that a task yields or returns to add it to the event of an outlet.

    Attributes:
        asset: The asset, or its URI.
        extra: The data.
        alias: The alias under which the task writes the asset.
    """

    asset: Any
    extra: dict[str, Any] = field(default_factory=dict)
    alias: Any = None
