"""Fake pools for a test, which limit the code of this process and record each use of slots."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Callable, Mapping
from typing import Any

from .._airflow.pool import UNLIMITED_SLOTS
from ..errors import FakeError, PoolNotReadyError
from ..pools._override import POOLS, PoolRequest
from ..pools._state import PoolState
from ._fake import Fake
from ._memory_pool import MemoryPool, PoolUse, TakenSlots


class FakePools(Fake[MemoryPool]):
    """The fake that `fake_pools` returns.

    Attributes:
        uses: One entry for each time that slots were taken, in order. An entry stays in the list when its slots are
            released.
    """

    _place = POOLS
    _function = "fake_pools"

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.uses: list[PoolUse] = []
        self._numbers: list[int] = []
        self._noting = threading.Lock()

    def held(self, pool: str) -> int:
        """Return the number of slots of a pool that are held now.

        Raises:
            PoolNotReadyError: The fake has no such pool.
        """
        return self._pool(pool).held

    def most_held(self, pool: str) -> int:
        """Return the largest number of slots of a pool that were held at the same time.

        Raises:
            PoolNotReadyError: The fake has no such pool.
        """
        return self._pool(pool).most_held

    def take(self, wish: PoolRequest) -> Callable[[], None]:
        """Wait for slots in this thread, and return a function that releases them.

        Raises:
            PoolNotReadyError: The fake has no such pool, or the pool has too few slots.
            PoolTimeoutError: The slots were not free in time.
        """
        return self._noted(self._pool(wish.pool).take(wish))

    async def atake(self, wish: PoolRequest) -> Callable[[], None]:
        """Wait for slots without blocking the event loop; see `take`."""
        return self._noted(await self._pool(wish.pool).atake(wish))

    def read(self, names: tuple[str, ...]) -> tuple[PoolState, ...]:
        return tuple(self._pool(name).state() for name in names or sorted(self._held))

    def _noted(self, taken: TakenSlots) -> Callable[[], None]:
        with self._noting:
            place = bisect.bisect(self._numbers, taken.number)
            self._numbers.insert(place, taken.number)
            self.uses.insert(place, taken.use)
        return taken.release

    def _pool(self, name: str) -> MemoryPool:
        if name in self._held:
            return self._held[name]
        raise PoolNotReadyError(
            f"Pool {name!r} isn't among those of fake_pools(), which has {self._known()}. Add the pool and its slots "
            "to fake_pools(), because code finds no others while the fake is active."
        )

    def _begin(self) -> None:
        super()._begin()
        self.uses, self._numbers = [], []
        # Keep the outer fake's pools; the pools given here start with all slots free.
        self._held.update({name: MemoryPool(name, pool.slots) for name, pool in self._given.items()})

    def _read_one(self, name: str, value: Any) -> MemoryPool:
        slots = value.get("slots") if isinstance(value, Mapping) else value
        if isinstance(slots, bool) or not isinstance(slots, int) or slots < UNLIMITED_SLOTS:
            raise FakeError(
                f"fake_pools(): the slots of {name!r} are {slots!r}. Use a whole number, or -1 for no limit."
            )
        return MemoryPool(name, slots)
