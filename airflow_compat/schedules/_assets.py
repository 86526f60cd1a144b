"""Assets, which Airflow 2 calls datasets, and the conditions on them that a DAG may wait for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from ..errors import InvalidScheduleError


class _Condition:
    """What `&` and `|` make of two conditions."""

    def __and__(self, other: AssetCondition) -> AssetAll:
        return AssetAll(self, other)  # type: ignore[arg-type]

    def __or__(self, other: AssetCondition) -> AssetAny:
        return AssetAny(self, other)  # type: ignore[arg-type]


@dataclass(frozen=True, init=False)
class Asset(_Condition):
    """Something that tasks write and DAGs wait for. Two are the same where their URIs are.

    Args:
        name: What it is called; its URI where none is given.
        uri: Where it lies. It is normalised as Airflow does, and what it has of a user and a password is dropped.
        group: Taken and not needed.
        extra: What is told with each of its events.

    Raises:
        InvalidScheduleError: It has neither a name nor a URI.
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
            raise InvalidScheduleError("an asset has neither a name nor a URI; write Asset('s3://bucket/key')")
        object.__setattr__(self, "uri", _normalised(said))
        # A name that is the URI may have a password in it.
        object.__setattr__(self, "name", self.uri if name in (None, said) else name)
        object.__setattr__(self, "extra", dict(extra or {}))


class Dataset(Asset):
    """An asset under the name that Airflow 2 has for it.

    Args:
        uri: Where it lies.
        extra: What is told with each of its events.
    """

    def __init__(self, uri: str, extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(uri=uri, extra=extra)


@dataclass(frozen=True, init=False)
class AssetAll(_Condition):
    """All of them have had an event since the last run."""

    objects: tuple[AssetCondition, ...]

    def __init__(self, *objects: AssetCondition) -> None:
        object.__setattr__(self, "objects", _flat(type(self), objects))


@dataclass(frozen=True, init=False)
class AssetAny(_Condition):
    """One of them has had an event since the last run."""

    objects: tuple[AssetCondition, ...]

    def __init__(self, *objects: AssetCondition) -> None:
        object.__setattr__(self, "objects", _flat(type(self), objects))


AssetCondition: TypeAlias = Asset | AssetAll | AssetAny


@dataclass(frozen=True, kw_only=True)
class AssetOrTimeSchedule:
    """Runs by a timetable, and by assets as well.

    Args:
        timetable: A timetable.
        assets: An asset, a condition on assets, or a list of assets, of which all have to have had an event.
    """

    timetable: Any
    assets: Any


def _flat(kind: type[AssetAll | AssetAny], objects: tuple[AssetCondition, ...]) -> tuple[AssetCondition, ...]:
    """`a & b & c` is one condition on three."""
    return tuple(dict.fromkeys(part for each in objects for part in _parts(kind, each)))


def _parts(kind: type[AssetAll | AssetAny], condition: AssetCondition) -> Iterator[AssetCondition]:
    if isinstance(condition, kind):
        yield from condition.objects
    elif isinstance(condition, (Asset, AssetAll, AssetAny)):
        yield condition
    else:
        raise InvalidScheduleError(f"{condition!r} is no asset, nor a condition on assets; write Asset('s3://...')")


def _normalised(uri: str) -> str:
    """`airflow.sdk.definitions.asset._sanitize_uri`, but for what providers add to it for their own schemes."""
    parsed = urlsplit(uri)
    if not parsed.scheme or parsed.scheme.startswith("x-"):
        return uri
    return urlunsplit(
        parsed._replace(
            # A password is dropped in Airflow too.
            netloc=parsed.netloc.rpartition("@")[2] if parsed.password else parsed.netloc,
            path=parsed.path.rstrip("/") or "/",
            query=urlencode(sorted(parse_qsl(parsed.query))),
            fragment="",
        )
    )
