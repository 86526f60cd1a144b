"""Airflow connections, stored in Prefect: `get_connection` is for Airflow code, `load_block` returns the native block.

A connection is looked up first as a native block with its name, then as an `AirflowConnection` block, then in the
environment variable `AIRFLOW_CONN_<ID>`.
"""

from __future__ import annotations

import asyncio
import difflib
import os
from typing import TYPE_CHECKING, NamedTuple, TypeVar, overload

from .._airflow.connection import Connection as _Connection
from .._airflow.connection_fields import FIELDS
from .._airflow.environment import environment_value, shown_name
from .._airflow.names import block_name, is_id, valid_id_of
from .._prefect.specs import MARK, BlockSpec
from ..errors import BlockTypeError, ConnectionNotFoundError
from ._block_types import airflow_connection
from ._override import CONNECTIONS
from ._specs import HOMES, connection_from_document, spec_from_connection

if TYPE_CHECKING:
    from prefect.blocks.core import Block

    B = TypeVar("B", bound=Block)

__all__ = ["BaseHook", "Connection", "aget_connection", "aload_block", "get_connection", "load_block"]

_ENV_PREFIX = "AIRFLOW_CONN_"


class Connection(_Connection):
    """An Airflow connection.

    Two connections with equal fields are equal. `repr` and `str` hide the password and the extra.

    Attributes:
        conn_id: The id by which DAG code names the connection.
        conn_type: Airflow's type: `postgres`, `http`, `aws`, ... `from_uri` and `from_json` normalise the type.
        host: The host. For `http`, the host may begin with a protocol; for `sqlite`, the host is the file's path.
        schema: The name of the database; for `http`, the protocol.
        extra: The extra fields as JSON text. `extra_dejson` is the dict of these fields.
    """

    @classmethod
    def get(cls, conn_id: str) -> Connection:
        """Return the connection with this id. Airflow 3's name for `get_connection`.

        Raises:
            ConnectionNotFoundError: See `get_connection`.
            InvalidConnectionError: See `get_connection`.
        """
        return get_connection(conn_id)

    @classmethod
    async def async_get(cls, conn_id: str) -> Connection:
        """Call `get` without blocking the event loop."""
        return await aget_connection(conn_id)


def public_connection(held: _Connection) -> Connection:
    return Connection(held.conn_id, **{name: getattr(held, name) for name in FIELDS})


def get_connection(conn_id: str) -> Connection:
    """Return the connection with this id. It has `host`, `login`, `extra_dejson` and so on, as in Airflow.

    Use `load_block` for the native Prefect block.

    Args:
        conn_id: The id of the connection in Airflow, in its original spelling: `AWS.Prod`, not `aws-prod`.

    Raises:
        ConnectionNotFoundError: The connection does not exist. The message lists the searched places and similar ids.
            The error is also an `AirflowNotFoundException`.
        InvalidConnectionError: The environment variable has an invalid value.
    """
    if stand_in := CONNECTIONS.current():
        return public_connection(stand_in.find(conn_id))
    from ..logs._masking import loaded_connection

    document = _find(conn_id)
    if document is None:
        found = _from_environment(conn_id)
    else:
        found = public_connection(connection_from_document(document.type_slug, document.name, document.data))
    loaded_connection(found)
    return found


@overload
def load_block(conn_id: str) -> Block: ...
@overload
def load_block(conn_id: str, block_type: type[B]) -> B: ...
def load_block(conn_id: str, block_type: type[Block] | None = None) -> Block:
    """Load the Prefect block of this connection: the native block of its type, else `AirflowConnection`.

    For example, the native block of a database connection is a `SqlAlchemyConnector`; the guide to connections lists
    the block type for each connection type. Prefect code can load the block by name:
    `SqlAlchemyConnector.load("postgres-prod")`.

    Args:
        conn_id: The Airflow id.
        block_type: The expected class. Type checkers use this class as the type of the result.

    Raises:
        ConnectionNotFoundError: See `get_connection`.
        BlockTypeError: The block is not an instance of `block_type`.
        MissingPackageError: The block's package is not installed. The message names the extra of airflow-compat that
            installs the package.
    """
    from .._prefect.block_classes import block_from_data
    from ..logs._masking import loaded_connection

    stand_in = CONNECTIONS.current()
    document = None if stand_in else _find(conn_id)
    if document is not None:
        held = connection_from_document(document.type_slug, document.name, document.data)
        loaded_connection(held, document.data)
        block = block_from_data(document.type_slug, dict(document.data))
    else:
        held = stand_in.find(conn_id) if stand_in else _from_environment(conn_id)
        loaded_connection(held)
        spec, _ = spec_from_connection(held)
        block = block_from_data(spec.type_slug, dict(spec.data))
    if block_type is not None and not isinstance(block, block_type):
        raise BlockTypeError(
            f"connection {conn_id!r} has the class {type(block).__name__}, not {block_type.__name__}; "
            f"load it as {type(block).__name__}, or use get_connection({conn_id!r})"
        )
    return block


async def aget_connection(conn_id: str) -> Connection:
    """Call `get_connection` without blocking the event loop."""
    return await asyncio.to_thread(get_connection, conn_id)


@overload
async def aload_block(conn_id: str) -> Block: ...
@overload
async def aload_block(conn_id: str, block_type: type[B]) -> B: ...
async def aload_block(conn_id: str, block_type: type[Block] | None = None) -> Block:
    """Call `load_block` without blocking the event loop."""
    return await (
        asyncio.to_thread(load_block, conn_id, block_type) if block_type else asyncio.to_thread(load_block, conn_id)
    )


class BaseHook:
    """The methods of Airflow's `BaseHook` that DAG code calls."""

    @classmethod
    def get_connection(cls, conn_id: str) -> Connection:
        """See `get_connection`."""
        return get_connection(conn_id)


class KeptConnection(NamedTuple):
    """The place where a connection is stored.

    Attributes:
        shown: The place in words, for messages.
        document: The block document on the server; None for an environment variable.
    """

    shown: str
    document: BlockSpec | None


def where_kept(conn_id: str) -> KeptConnection | None:
    """Return the place where a connection is stored; None if it does not exist.

    Raises:
        ServerError: The request to the server failed.
    """
    document = _find(conn_id) if is_id(conn_id) else None
    if document is not None:
        return KeptConnection(f"block {document.type_slug}/{document.name}", document)
    variable = _ENV_PREFIX + conn_id.upper()
    return KeptConnection(f"environment variable {variable}", None) if environment_value(os.environ, variable) else None


def _find(conn_id: str) -> BlockSpec | None:
    from .._prefect.blocks import read_documents

    if not is_id(conn_id):
        raise ConnectionNotFoundError(
            f"connection {conn_id!r} isn't defined, because an id must be {valid_id_of(conn_id)}; use the connection's "
            "id in Airflow"
        )
    documents = read_documents([block_name(conn_id)], slugs=HOMES)
    documents.sort(key=lambda document: HOMES.index(document.type_slug))
    return next((document for document in documents if _is_for(document, conn_id)), None)


def _is_for(document: BlockSpec, conn_id: str) -> bool:
    """Return True if the document is for this id, not for one with the same block name (`a-b` instead of `a_b`)."""
    held = connection_from_document(document.type_slug, document.name, document.data).conn_id
    return held in (conn_id, document.name)


def _from_environment(conn_id: str) -> Connection:
    # The value is not assigned to a variable, because a traceback with local variables would show it.
    variable = _ENV_PREFIX + conn_id.upper()
    # As in Airflow, an empty environment variable counts as missing.
    if not environment_value(os.environ, variable):
        raise ConnectionNotFoundError(_not_found(conn_id))
    if os.environ[variable].lstrip().startswith("{"):
        return Connection.from_json(os.environ[variable], conn_id)
    return Connection.from_uri(os.environ[variable].strip(), conn_id)


def _not_found(conn_id: str) -> str:
    from .._prefect.blocks import read_names

    name = block_name(conn_id)
    native = [slug for slug in HOMES if slug != airflow_connection.SLUG]
    tried = [
        f"native block {name} ({', '.join(native)})",
        f"block {airflow_connection.SLUG}/{name}",
        f"environment variable {shown_name(_ENV_PREFIX + conn_id.upper())}",
    ]
    known = {
        (document.data.get(MARK) or {}).get("conn_id") or document.data.get("conn_id") or document.name
        for document in read_names(slugs=HOMES)
    }
    known |= {key.removeprefix(_ENV_PREFIX).lower() for key in os.environ if key.startswith(_ENV_PREFIX)}
    near = difflib.get_close_matches(conn_id, sorted(known), n=3)
    return (
        f"connection {conn_id!r} isn't defined; tried, in order: {'; '.join(tried)}"
        + (f"; nearest ids: {', '.join(near)}. " if near else ". ")
        + "Import the connection with `airflow-compat import connections.json`, or set the environment variable"
    )
