"""Pools for a test: they limit within the process, and tell who took what."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Callable, Mapping
from typing import Any

from .._airflow.pool import UNLIMITED_SLOTS
from .._specs.pool_state import PoolState
from .._stand_ins.kinds import POOLS, PoolWish
from ..errors import FakeError, PoolNotReadyError
from .fake import Fake
from .memory_pool import MemoryPool, PoolUse, Taken


class FakePools(Fake[MemoryPool]):
    """What `fake_pools` gives.

    Attributes:
        uses: Who took slots, in the order in which they got them.
    """

    _place = POOLS
    _function = "fake_pools"
    uses: list[PoolUse]

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.uses = []
        self._numbers: list[int] = []
        self._noting = threading.Lock()

    def held(self, pool: str) -> int:
        """How many slots of a pool are taken now.

        Raises:
            PoolNotReadyError: The test has no such pool.
        """
        return self._pool(pool).held

    def most_held(self, pool: str) -> int:
        """How many slots of a pool were taken at once, at the most.

        Raises:
            PoolNotReadyError: The test has no such pool.
        """
        return self._pool(pool).most_held

    def take(self, wish: PoolWish) -> Callable[[], None]:
        """Wait for slots in this thread; what gives them back.

        Raises:
            PoolNotReadyError: The test has no such pool, or it can never give so many.
            PoolTimeoutError: The slots were not free in time.
        """
        return self._noted(self._pool(wish.pool).take(wish))

    async def atake(self, wish: PoolWish) -> Callable[[], None]:
        """`take` in a coroutine: the event loop goes on meanwhile."""
        return self._noted(await self._pool(wish.pool).atake(wish))

    def read(self, names: tuple[str, ...]) -> tuple[PoolState, ...]:
        """The pools of these names; all when there are none."""
        return tuple(self._pool(name).state() for name in names or sorted(self._held))

    def _noted(self, taken: Taken) -> Callable[[], None]:
        with self._noting:
            place = bisect.bisect(self._numbers, taken.number)
            self._numbers.insert(place, taken.number)
            self.uses.insert(place, taken.use)
        return taken.release

    def _pool(self, name: str) -> MemoryPool:
        if name in self._held:
            return self._held[name]
        raise PoolNotReadyError(
            f"pool {name!r} isn't among those of fake_pools(), which has {self._known()}; add it there with its slots. "
            "Nothing else is asked while that is active"
        )

    def _begin(self) -> None:
        super()._begin()
        self.uses, self._numbers = [], []
        # A pool of the fake around this one stays that one's; what was given here begins with all its slots free.
        self._held.update({name: MemoryPool(name, pool.slots) for name, pool in self._given.items()})

    def _read_one(self, name: str, value: Any) -> MemoryPool:
        slots = value.get("slots") if isinstance(value, Mapping) else value
        if isinstance(slots, bool) or not isinstance(slots, int) or slots < UNLIMITED_SLOTS:
            raise FakeError(
                f"fake_pools(): the slots of {name!r} are {slots!r}; write a whole number, or -1 for no limit"
            )
        return MemoryPool(name, slots)
