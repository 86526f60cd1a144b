"""Reads and writes global concurrency limits, in which pools are stored."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote

from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, GlobalConcurrencyLimitUpdate
from prefect.exceptions import ObjectNotFound

from .client import kept_client
from .failures import server_call
from .pages import items
from .specs import LimitSpec


@server_call
def read_limit(name: str) -> LimitSpec | None:
    with suppress(ObjectNotFound):
        found = kept_client().read_global_concurrency_limit_by_name(_in_path(name))
        return LimitSpec(found.name, found.limit, found.active, str(found.id))
    return None


def read_limits() -> list[LimitSpec]:
    """Return all global concurrency limits, including tag limits (`tag:...`)."""
    return [
        LimitSpec(item["name"], item["limit"], bool(item["active"]), item["id"])
        for item in items("/v2/concurrency_limits/filter", {})
    ]


@server_call
def create_limit(spec: LimitSpec) -> None:
    """Create an active limit.

    Raises:
        NameTakenError: The name is taken.
    """
    kept_client().create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=spec.name, limit=spec.limit))


@server_call
def update_limit(spec: LimitSpec) -> None:
    """Update the limit. Slots that are in use stay taken after the update."""
    kept_client().update_global_concurrency_limit(
        _in_path(spec.name), GlobalConcurrencyLimitUpdate(limit=spec.limit, active=spec.active)
    )


@server_call
def tag_limit_exists(tag: str) -> bool:
    """Return True if this tag has a limit of task runs (`prefect concurrency-limit create`)."""
    with suppress(ObjectNotFound):
        return bool(kept_client().read_concurrency_limit_by_tag(_in_path(tag)))
    return False


@server_call
def create_tag_limit(tag: str, limit: int) -> None:
    """Create the limit of task runs with a tag. If the limit already exists, the server changes it."""
    kept_client().create_concurrency_limit(tag, limit)


def _in_path(name: str) -> str:
    """Percent-encode a name for a URL. Prefect's client doesn't encode names, and a `?` would end the path."""
    return quote(name, safe="")
