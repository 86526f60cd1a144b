"""Defines the interface of fake pools for tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .._prefect.override import Override

if TYPE_CHECKING:
    from ._state import PoolState


@dataclass(frozen=True)
class PoolRequest:
    """A request for slots of a pool.

    Attributes:
        here: The thread and asyncio task that request the slots, and that must not wait for slots of their own.
    """

    pool: str
    slots: int
    priority_weight: int
    timeout: float | None
    here: tuple[object, ...]


class Pools(Protocol):
    """Replaces all pools in a test. `take` and `atake` return a function that releases the slots."""

    def take(self, wish: PoolRequest) -> Callable[[], None]: ...

    async def atake(self, wish: PoolRequest) -> Callable[[], None]: ...

    def read(self, names: tuple[str, ...]) -> tuple[PoolState, ...]:
        """Return the named pools; without names, all pools."""


POOLS: Override[Pools] = Override("airflow_compat_fake_pools")
