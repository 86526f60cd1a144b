"""Airflow connections from Prefect: `get_connection` for code as it was, `load_block` for the native block.

A connection is stored once. It is looked up in this order: the native block of that name, the `AirflowConnection`
block, the environment (`AIRFLOW_CONN_<ID>`).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar, overload

from ._airflow.connection import Connection as _Connection
from ._airflow.connection_fields import FIELDS
from ._airflow.names import block_name
from ._specs import airflow_connection
from ._specs.connections import HOMES, connection_from_document, spec_from_connection
from ._specs.specs import MARK
from ._stand_ins.kinds import CONNECTIONS
from .errors import BlockTypeError, ConnectionNotFoundError

if TYPE_CHECKING:
    from prefect.blocks.core import Block

    from ._specs.specs import BlockSpec

    B = TypeVar("B", bound=Block)

__all__ = ["BaseHook", "Connection", "aget_connection", "aload_block", "get_connection", "load_block"]

_ENV_PREFIX = "AIRFLOW_CONN_"


class Connection(_Connection):
    """An Airflow connection, as DAG code knows it.

    What `get_connection` gives is one of these, and what `from_uri` and `from_json` read. Equal fields make two equal.
    Neither `repr` nor `str` shows the password or the extra.

    Attributes:
        conn_id: The id that DAG code asks for.
        conn_type: Airflow's type: `postgres`, `http`, `aws`, ... As given; `from_uri` and `from_json` normalise it.
        host: The host; for `http` it may hold the protocol, for `sqlite` the path.
        schema: The database, or for `http` the protocol.
        extra: The extra field as Airflow keeps it: JSON text. `extra_dejson` is the dict.
    """

    @classmethod
    def get(cls, conn_id: str) -> Connection:
        """The connection of this id: `get_connection`, by the name that Airflow 3's task SDK has for it.

        Raises:
            ConnectionNotFoundError: See `get_connection`.
            InvalidConnectionError: See `get_connection`.
        """
        return get_connection(conn_id)

    @classmethod
    async def async_get(cls, conn_id: str) -> Connection:
        """`get` for coroutines, by the name that Airflow has for it: the event loop goes on meanwhile."""
        return await aget_connection(conn_id)


def public_connection(held: _Connection) -> Connection:
    """What was read, as the class that users check against."""
    return Connection(held.conn_id, **{name: getattr(held, name) for name in FIELDS})


def get_connection(conn_id: str) -> Connection:
    """The connection of this id, as the object that Airflow code knows: `conn.host`, `conn.login`, `conn.extra_dejson`.

    The same as Airflow's `BaseHook.get_connection` and `Connection.get`. When you rewrite the code, `load_block` gives
    the native Prefect block instead.

    Args:
        conn_id: The Airflow id, in its own spelling: `AWS.Prod`, not `aws-prod`.

    Raises:
        ConnectionNotFoundError: It is in none of the places; the message says which were tried, and the nearest ids.
            Or it is no text. Also an `AirflowNotFoundException`.
        InvalidConnectionError: The environment variable holds something that Airflow refuses.
    """
    if stand_in := CONNECTIONS.current():
        return public_connection(stand_in.find(conn_id))
    from ._logs.loaded import loaded_connection

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
    """The Prefect block of this connection: the native one of its type, else `AirflowConnection`.

    Which type goes where stands in the documentation's page on connections: `SqlAlchemyConnector` for databases,
    `AwsCredentials` for aws, and so on, where they hold all of it.

    A new object every time. In code that has no Airflow left in it, `SqlAlchemyConnector.load("postgres-prod")` is the
    same, by the block's own name.

    Args:
        conn_id: The Airflow id.
        block_type: The class that is expected; type checkers then know the result's type.

    Raises:
        ConnectionNotFoundError: As in `get_connection`.
        BlockTypeError: The block is of another class than `block_type`.
        MissingPackageError: The block's package isn't installed; the message names the extra.
    """
    from ._logs.loaded import loaded_connection
    from ._prefect.block_classes import block_from_data

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
            f"connection {conn_id!r} is kept as {type(block).__name__}, not {block_type.__name__}: "
            f"load it as {type(block).__name__}, or use get_connection({conn_id!r})"
        )
    return block


async def aget_connection(conn_id: str) -> Connection:
    """`get_connection` for coroutines: the event loop goes on meanwhile."""
    import asyncio

    return await asyncio.to_thread(get_connection, conn_id)


@overload
async def aload_block(conn_id: str) -> Block: ...
@overload
async def aload_block(conn_id: str, block_type: type[B]) -> B: ...
async def aload_block(conn_id: str, block_type: type[Block] | None = None) -> Block:
    """`load_block` for coroutines: the event loop goes on meanwhile."""
    import asyncio

    if block_type is None:
        return await asyncio.to_thread(load_block, conn_id)
    return await asyncio.to_thread(load_block, conn_id, block_type)


class BaseHook:
    """The part of Airflow's `BaseHook` that DAG code calls itself."""

    @classmethod
    def get_connection(cls, conn_id: str) -> Connection:
        """See `get_connection`."""
        return get_connection(conn_id)


def _find(conn_id: str) -> BlockSpec | None:
    from ._prefect.blocks import read_documents

    if not isinstance(conn_id, str) or not conn_id:
        raise ConnectionNotFoundError(f"connection {conn_id!r} isn't defined: an id is text; write the one of Airflow")
    name = block_name(conn_id)
    documents = {document.type_slug: document for document in read_documents([name], slugs=HOMES)}
    for slug in HOMES:
        if slug in documents and _is_for(documents[slug], conn_id):
            return documents[slug]
    return None


def _is_for(document: BlockSpec, conn_id: str) -> bool:
    """Whether the document holds this id, and not another that has the same block name: `a_b` and `a-b`."""
    held = connection_from_document(document.type_slug, document.name, document.data).conn_id
    return held in (conn_id, document.name)


def _from_environment(conn_id: str) -> Connection:
    # The value gets no name here: a traceback that prints locals would show it.
    variable = _ENV_PREFIX + conn_id.upper()
    # An empty one counts as absent, and blanks around it don't count.
    if not os.environ.get(variable):
        raise ConnectionNotFoundError(_not_found(conn_id))
    if os.environ[variable].lstrip().startswith("{"):
        return Connection.from_json(os.environ[variable], conn_id)
    return Connection.from_uri(os.environ[variable].strip(), conn_id)


def _not_found(conn_id: str) -> str:
    import difflib

    from ._prefect.blocks import read_names

    name = block_name(conn_id)
    native = [slug for slug in HOMES if slug != airflow_connection.SLUG]
    tried = [
        f"native block {name} ({', '.join(native)})",
        f"block {airflow_connection.SLUG}/{name}",
        f"environment variable {_ENV_PREFIX}{conn_id.upper()}",
    ]
    held = read_names(slugs=HOMES)
    known = {
        (document.data.get(MARK) or {}).get("conn_id") or document.data.get("conn_id") or document.name
        for document in held
    }
    known |= {key.removeprefix(_ENV_PREFIX).lower() for key in os.environ if key.startswith(_ENV_PREFIX)}
    near = difflib.get_close_matches(conn_id, sorted(known), n=3)
    return (
        f"connection {conn_id!r} isn't defined. Tried, in order: {'; '.join(tried)}. "
        + (f"Nearest ids: {', '.join(near)}. " if near else "No id is near to it. ")
        + "Import it with `airflow-compat import connections.json`, or set the environment variable."
    )
