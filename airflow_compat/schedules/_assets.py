"""Define assets (datasets in Airflow 2), conditions on assets, and their Prefect events and triggers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from ..errors import InvalidScheduleError


class _Condition:
    """Base class of assets and conditions, which `&` and `|` combine."""

    def __and__(self, other: AssetCondition) -> AssetAll:
        return AssetAll(self, other)  # type: ignore[arg-type]

    def __or__(self, other: AssetCondition) -> AssetAny:
        return AssetAny(self, other)  # type: ignore[arg-type]


@dataclass(frozen=True, init=False)
class Asset(_Condition):
    """Data that tasks write and DAGs wait for. Assets with the same URI are equal.

    Args:
        name: The asset's name; by default, its URI.
        uri: The asset's location, normalised as in Airflow, without credentials.
        group: Accepted but unused.
        extra: Data for each event of the asset.

    Raises:
        InvalidScheduleError: Both name and URI are missing.
    """

    uri: str
    name: str = field(compare=False)
    extra: Mapping[str, Any] = field(compare=False, repr=False)

    def __init__(
        self,
        name: str | None = None,
        uri: str | None = None,
        *,
        group: str = "",  # noqa: ARG002
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        said = str(uri or name or "")
        if not said.strip():
            raise InvalidScheduleError("an asset has neither a name nor a URI. Use Asset('s3://bucket/key')")
        object.__setattr__(self, "uri", _normalised(said))
        # A name that equals the given URI may contain a password, so the normalised URI replaces it.
        object.__setattr__(self, "name", self.uri if name in (None, said) else name)
        object.__setattr__(self, "extra", dict(extra or {}))


class Dataset(Asset):
    """An asset, under its Airflow 2 name.

    Args:
        uri: The asset's location.
        extra: Data for each event of the asset.
    """

    def __init__(self, uri: str, extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(uri=uri, extra=extra)


@dataclass(frozen=True, init=False)
class _Several(_Condition):
    objects: tuple[AssetCondition, ...]

    def __init__(self, *objects: AssetCondition) -> None:
        # `a & b & c` is one condition on three assets.
        parts = dict.fromkeys(part for each in objects for part in _parts(type(self), each))
        object.__setattr__(self, "objects", tuple(parts))


class AssetAll(_Several):
    """A condition: all its assets have had an event since the last run."""


class AssetAny(_Several):
    """A condition: one of its assets has had an event since the last run."""


AssetCondition: TypeAlias = Asset | AssetAll | AssetAny


@dataclass(frozen=True, kw_only=True)
class AssetOrTimeSchedule:
    """A schedule in which both a timetable and assets start runs.

    Args:
        timetable: A timetable.
        assets: An asset, a condition on assets, or a list of assets; a run then needs an event of every asset.
    """

    timetable: Any
    assets: Any


def _parts(kind: type[_Several], condition: AssetCondition) -> Iterator[AssetCondition]:
    if isinstance(condition, kind):
        yield from condition.objects
    elif isinstance(condition, (Asset, AssetAll, AssetAny)):
        yield condition
    else:
        raise InvalidScheduleError(f"{condition!r} is not an asset or a condition on assets. Use Asset('s3://...')")


def _normalised(uri: str) -> str:
    """Normalise a URI like `airflow.sdk.definitions.asset._sanitize_uri`, but without rules from provider packages."""
    parsed = urlsplit(uri)
    if not parsed.scheme or parsed.scheme.startswith("x-"):
        return uri
    return urlunsplit(
        parsed._replace(
            # As in Airflow, remove the login if it has a password.
            netloc=parsed.netloc.rpartition("@")[2] if parsed.password else parsed.netloc,
            path=parsed.path.rstrip("/") or "/",
            query=urlencode(sorted(parse_qsl(parsed.query))),
            fragment="",
        )
    )


ASSET_EVENT = "airflow-compat.asset.updated"
"""The name of the event that `emit_asset` sends."""
ALIAS_LABEL = "airflow-compat.asset.alias"
"""The label of an event's resource that names the alias under which the asset was written."""

_PREFIX = "airflow-compat.asset."


def asset_resource(asset: Asset) -> dict[str, str]:
    return {
        "prefect.resource.id": resource_id(asset),
        "prefect.resource.name": asset.name,
        "airflow-compat.asset.uri": asset.uri,
    }


def resource_id(asset: Asset) -> str:
    """Return an asset's resource id: its URI; characters that triggers read as patterns are percent-encoded."""
    return _PREFIX + quote(asset.uri, safe="/:@.,;=-_~+&$")


def trigger_of(condition: AssetCondition) -> dict[str, Any]:
    """Return one trigger for the whole condition, as prefect.yaml writes a deployment's triggers."""
    if isinstance(condition, Asset):
        return _event([condition])
    parts = condition.objects
    if len(parts) == 1:
        return trigger_of(parts[0])
    if isinstance(condition, AssetAny) and all(isinstance(part, Asset) for part in parts):
        return _event([part for part in parts if isinstance(part, Asset)])
    require = "all" if isinstance(condition, AssetAll) else "any"
    return {"type": "compound", "require": require, "triggers": [trigger_of(part) for part in parts]}


def _event(assets: list[Asset]) -> dict[str, Any]:
    ids = [resource_id(asset) for asset in assets]
    return {
        "type": "event",
        "match": {"prefect.resource.id": ids if len(ids) > 1 else ids[0]},
        "expect": [ASSET_EVENT],
        "posture": "Reactive",
        "threshold": 1,
        "within": 0,
    }
