"""Block documents: read by name over all types at once, written by type and schema. Raw data in, raw data out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from prefect.client.schemas.actions import BlockDocumentCreate, BlockDocumentUpdate
from prefect.exceptions import ObjectNotFound

from .._specs.specs import BlockSpec
from ..errors import BlockTypeError, MissingPackageError
from .block_classes import block_class
from .client import kept_client
from .failures import server_call

# The most documents that the server gives in one answer.
_PAGE = 200


@dataclass(frozen=True)
class BlockType:
    """What the server needs to be told to create a document of a type."""

    type_id: UUID
    schema_id: UUID


@server_call
def read_documents(names: Iterable[str], *, slugs: Iterable[str]) -> list[BlockSpec]:
    """The documents of these names and block types, in no order. Names that don't exist are not in the answer."""
    wanted = sorted(set(names))
    return [
        document
        for start in range(0, len(wanted), _PAGE)
        for document in _pages({"name": {"any_": wanted[start : start + _PAGE]}}, slugs, include_secrets=True)
    ]


@server_call
def read_names(*, slugs: Iterable[str]) -> list[BlockSpec]:
    """Every document of these block types, **without** its secrets, to suggest ids from."""
    return list(_pages(None, slugs, include_secrets=False))


@server_call
def read_type(type_slug: str) -> BlockType:
    """The ids of a block type and of its schema; both are registered where the server doesn't have them.

    Raises:
        MissingPackageError: The server doesn't know the type, and the package that defines it isn't installed.
    """
    client = kept_client()
    with suppress(MissingPackageError):
        block_class(type_slug).register_type_and_schema(_sync=True)  # type: ignore[call-arg]
    with suppress(ObjectNotFound):
        type_id = client.read_block_type_by_slug(type_slug).id
        if schema := client.get_most_recent_block_schema_for_block_type(type_id):
            return BlockType(type_id, schema.id)
    block_class(type_slug)
    raise BlockTypeError(f"the server has no block type {type_slug!r}: prefect block register --module <its package>")


@server_call
def create_document(spec: BlockSpec, block_type: BlockType) -> None:
    """Create a block document.

    Raises:
        NameTakenError: The name is taken.
    """
    kept_client().create_block_document(
        BlockDocumentCreate(
            name=spec.name,
            data=dict(spec.data),
            block_schema_id=block_type.schema_id,
            block_type_id=block_type.type_id,
        )
    )


@server_call
def update_document(id_: str, spec: BlockSpec, block_type: BlockType) -> None:
    """Give a block document other data; its name, type and id stay."""
    kept_client().update_block_document(
        UUID(id_),
        BlockDocumentUpdate(data=dict(spec.data), block_schema_id=block_type.schema_id, merge_existing_data=False),
    )


@server_call
def delete_document(id_: str) -> None:
    """Delete a block document; one that is gone already changes nothing."""
    with suppress(ObjectNotFound):
        kept_client().delete_block_document(UUID(id_))


def _pages(
    name_filter: Mapping[str, Any] | None, slugs: Iterable[str], *, include_secrets: bool
) -> Iterator[BlockSpec]:
    client = kept_client()
    offset = 0
    while True:
        body = {
            "block_documents": name_filter and {**name_filter, "is_anonymous": {"eq_": False}},
            "block_types": {"slug": {"any_": sorted(set(slugs))}},
            "include_secrets": include_secrets,
            "limit": _PAGE,
            "offset": offset,
        }
        page = client.request("POST", "/block_documents/filter", json=body).json()
        for found in page:
            yield BlockSpec(found["block_type"]["slug"], found["name"], found["data"], found["id"])
        if len(page) < _PAGE:
            return
        offset += _PAGE
