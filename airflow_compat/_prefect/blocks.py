"""Reads and writes block documents as raw data, without the classes of their types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from prefect.client.schemas.actions import BlockDocumentCreate, BlockDocumentUpdate
from prefect.exceptions import ObjectNotFound

from ..errors import BlockTypeError, MissingPackageError
from .block_classes import block_class
from .block_types import ids_of_type, register
from .client import kept_client
from .failures import server_call
from .pages import chunks, items
from .specs import BlockSpec


@dataclass(frozen=True)
class BlockType:
    """The server's ids of a block type and of its schema, which new documents need."""

    type_id: UUID
    schema_id: UUID


def read_documents(names: Iterable[str], *, slugs: Iterable[str]) -> list[BlockSpec]:
    """Return the existing documents with these names and block types, in any order."""
    return [
        document
        for chunk in chunks(names)
        for document in _read({"name": {"any_": chunk}, "is_anonymous": {"eq_": False}}, slugs, include_secrets=True)
    ]


def read_names(*, slugs: Iterable[str]) -> list[BlockSpec]:
    """Return all documents of these block types, with masked secrets."""
    return list(_read(None, slugs, include_secrets=False))


@server_call
def read_type(type_slug: str) -> BlockType:
    """Return the ids of a block type and its schema. Registers the type and the schema if the server lacks them.

    Raises:
        MissingPackageError: The server lacks the block type, and the type's package isn't installed.
    """
    with suppress(MissingPackageError):
        register(block_class(type_slug))
    if (ids := ids_of_type(kept_client(), type_slug)) is not None:
        return BlockType(*ids)
    block_class(type_slug)
    raise BlockTypeError(
        f"the server has no block type {type_slug!r}; run `prefect block register --module PACKAGE` for the package "
        "that defines the type"
    )


@server_call
def create_document(spec: BlockSpec, block_type: BlockType) -> None:
    """Create a block document.

    Raises:
        NameTakenError: A document with this name already exists.
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
    """Replace the data of a block document."""
    kept_client().update_block_document(
        UUID(id_),
        BlockDocumentUpdate(data=dict(spec.data), block_schema_id=block_type.schema_id, merge_existing_data=False),
    )


@server_call
def delete_document(id_: str) -> None:
    """Delete a block document, if it exists."""
    with suppress(ObjectNotFound):
        kept_client().delete_block_document(UUID(id_))


def _read(documents: Mapping[str, Any] | None, slugs: Iterable[str], *, include_secrets: bool) -> Iterator[BlockSpec]:
    body = {
        "block_documents": documents,
        "block_types": {"slug": {"any_": sorted(set(slugs))}},
        "include_secrets": include_secrets,
    }
    for found in items("/block_documents/filter", body):
        yield BlockSpec(found["block_type"]["slug"], found["name"], found["data"], found["id"])
