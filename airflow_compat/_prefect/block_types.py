"""The block types that a server has, and their registration."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

from .internals.results import in_sync

if TYPE_CHECKING:
    from prefect.blocks.core import Block
    from prefect.client.orchestration import SyncPrefectClient


def ids_of_type(client: SyncPrefectClient, slug: str) -> tuple[UUID, UUID] | None:
    """Return the ids of a block type and its schema; None if the server lacks them."""
    with suppress(ObjectNotFound):
        type_id = client.read_block_type_by_slug(slug).id
        if schema := client.get_most_recent_block_schema_for_block_type(type_id):
            return type_id, schema.id
    return None


def register(block_class: type[Block]) -> None:
    """Register a block type and its schema on the server."""
    call: Any = block_class.register_type_and_schema
    # At the same moment, another process may create the type, and then the schema.
    for _ in ("type", "schema"):
        with suppress(ObjectAlreadyExists):
            in_sync(call)
            return
    in_sync(call)
