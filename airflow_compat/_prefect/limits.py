"""Global concurrency limits: what a pool is kept as."""

from __future__ import annotations

from urllib.parse import quote

from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, GlobalConcurrencyLimitUpdate
from prefect.exceptions import ObjectNotFound

from .._specs.specs import LimitSpec
from .client import kept_client
from .failures import server_call

_PAGE = 200


@server_call
def read_limit(name: str) -> LimitSpec | None:
    """The limit of this name, or None."""
    try:
        found = kept_client().read_global_concurrency_limit_by_name(_in_path(name))
    except ObjectNotFound:
        return None
    return LimitSpec(found.name, found.limit, found.active, str(found.id))


@server_call
def read_limits() -> list[LimitSpec]:
    """Every global concurrency limit, tag limits (`tag:...`) among them."""
    found: list[LimitSpec] = []
    while True:
        page = kept_client().read_global_concurrency_limits(limit=_PAGE, offset=len(found))
        found += [LimitSpec(item.name, item.limit, bool(item.active), str(item.id)) for item in page]
        if len(page) < _PAGE:
            return found


@server_call
def create_limit(spec: LimitSpec) -> None:
    """Create an active limit.

    Raises:
        NameTakenError: The name is taken.
    """
    kept_client().create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=spec.name, limit=spec.limit))


@server_call
def update_limit(spec: LimitSpec) -> None:
    """Give the limit of that name this many slots, and activate it; the slots that are held stay held."""
    update = GlobalConcurrencyLimitUpdate(limit=spec.limit, active=spec.active)
    kept_client().update_global_concurrency_limit(_in_path(spec.name), update)


@server_call
def tag_limit_exists(tag: str) -> bool:
    """Whether a limit for task runs with this tag exists, which `prefect concurrency-limit create` makes."""
    try:
        kept_client().read_concurrency_limit_by_tag(_in_path(tag))
    except ObjectNotFound:
        return False
    return True


def _in_path(name: str) -> str:
    """Prefect's client puts a name into the path as it is; `?` and `#` would end it."""
    return quote(name, safe="")
