"""The kinds of things that a test may stand in for, and what each has to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from .place import Place

if TYPE_CHECKING:
    from .._airflow.connection import Connection
    from .._specs.pool_state import PoolState
    from .._specs.specs import BlockSpec, VariableSpec


class Connections(Protocol):
    """Has the connections, all of them: what isn't here is nowhere."""

    def find(self, conn_id: str) -> Connection:
        """The connection, or a `ConnectionNotFoundError`."""


class VariableHomes(Protocol):
    """Where variables are kept, as `_prefect.variable_homes` finds them."""

    def find(self, key: str) -> VariableSpec | BlockSpec | None:
        """What holds this key."""

    def store(self, key: str, spec: VariableSpec | BlockSpec) -> None:
        """Hold the spec for this key."""

    def remove(self, key: str) -> bool:
        """Forget what holds this key; whether there was anything."""


class Variables(VariableHomes, Protocol):
    """Has the variables, all of them."""

    def not_found(self, key: str) -> str:
        """The message for a key that isn't there."""


@dataclass(frozen=True)
class PoolWish:
    """What is asked of a pool.

    Attributes:
        pool: The pool's name.
        timeout: The seconds to wait at most, or None.
        here: The thread and task that ask, which must not wait for themselves.
    """

    pool: str
    slots: int
    priority_weight: int
    timeout: float | None
    here: tuple[object, ...]


class Pools(Protocol):
    """Has the pools, all of them. What takes slots gives back what releases them."""

    def take(self, wish: PoolWish) -> Callable[[], None]:
        """Wait for slots in this thread."""

    async def atake(self, wish: PoolWish) -> Callable[[], None]:
        """Wait for slots in this coroutine."""

    def read(self, names: tuple[str, ...]) -> tuple[PoolState, ...]:
        """The pools of these names; all when there are none."""


class CurrentContext(Protocol):
    """Has the context that code asks for."""

    # A `_context.mapping.Context`, which is above this.
    context: Any


CONNECTIONS: Place[Connections] = Place("airflow_compat_connections")
VARIABLES: Place[Variables] = Place("airflow_compat_variables")
POOLS: Place[Pools] = Place("airflow_compat_fake_pools")
CONTEXTS: Place[CurrentContext] = Place("airflow_compat_fake_contexts")
