"""A pool in memory, with its slots and wait queue. Thread-safe."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from .._airflow.pool import UNLIMITED_SLOTS
from ..errors import PoolNotReadyError, PoolTimeoutError
from ..pools._override import PoolRequest
from ..pools._queue import Ticket, WaitQueue
from ..pools._state import PoolState, count_slots


@dataclass(frozen=True)
class PoolUse:
    """A record of slots that a holder took.

    Attributes:
        holder: The name of the thread or asyncio task.
    """

    pool: str
    slots: int
    priority_weight: int
    holder: str


@dataclass(frozen=True, eq=False)
class _Slots:
    """The slots of one holder. `number` is the position in the order in which holders got slots."""

    slots: int
    here: object
    number: int
    lost: bool = False


@dataclass(frozen=True)
class TakenSlots:
    """Slots that were given to a holder.

    Attributes:
        number: The position in the order in which holders got slots.
    """

    use: PoolUse
    number: int
    release: Callable[[], None]


_numbers = itertools.count()


class MemoryPool:
    """A pool in memory; -1 slots means no limit."""

    def __init__(self, name: str, slots: int) -> None:
        self.name = name
        self.slots = slots
        self.most_held = 0
        self._state = threading.Lock()
        self._line: WaitQueue[_Slots] = WaitQueue()
        self._holders: list[_Slots] = []

    @property
    def held(self) -> int:
        return sum(one.slots for one in list(self._holders))

    def state(self) -> PoolState:
        """Return the pool as `airflow_compat.pools.read` does, without its holders."""
        return PoolState(self.name, self.slots, self.held, active=True, waiting=len(self._line))

    def take(self, wish: PoolRequest) -> TakenSlots:
        event = threading.Event()
        ticket = self._join(wish, event.set)
        try:
            event.wait(wish.timeout)
            return self._outcome(wish, ticket)
        except BaseException:
            self._leave(ticket)
            raise

    async def atake(self, wish: PoolRequest) -> TakenSlots:
        loop = asyncio.get_running_loop()
        event = asyncio.Event()

        def wake() -> None:
            # The waiter's event loop may already be closed when another holder returns slots.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(event.set)

        ticket = self._join(wish, wake)
        try:
            if not ticket.settled:
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(event.wait(), wish.timeout)
            return self._outcome(wish, ticket)
        except BaseException:
            self._leave(ticket)
            raise

    def _join(self, wish: PoolRequest, wake: Callable[[], None]) -> Ticket[_Slots]:
        ticket: Ticket[_Slots] = Ticket(wish.slots, wish.priority_weight, wake, holder=wish.here)
        with self._state:
            self._check(wish)
            self._line.join(ticket)
        self._serve()
        return ticket

    def _check(self, wish: PoolRequest) -> None:
        """Refuse a request that could never be served, as a real pool does."""
        if self.slots == UNLIMITED_SLOTS:
            return
        if wish.slots > self.slots:
            raise PoolNotReadyError(
                f"Pool {self.name!r}: {count_slots(wish.slots)} are requested, but fake_pools() gives the pool "
                f"{self.slots}. Request fewer, or give the pool more."
            )
        own = sum(one.slots for one in self._holders if one.here == wish.here)
        if own + wish.slots > self.slots:
            raise PoolNotReadyError(
                f"Pool {self.name!r}: This code already holds {own} of its {count_slots(self.slots)} and would wait "
                "for itself. Request all slots at once, in the outer `pool()`."
            )

    def _serve(self) -> None:
        """Give free slots to the first waiters. Smaller requests don't overtake larger ones."""
        served = []
        with self._state:
            while first := self._line.first():
                if self.slots != UNLIMITED_SLOTS and self.held + first.slots > self.slots:
                    break
                first.held = _Slots(first.slots, first.holder, next(_numbers))
                self._holders.append(first.held)
                self.most_held = max(self.most_held, self.held)
                self._line.leave(first)
                served.append(first)
        for ticket in served:
            ticket.wake()

    def _leave(self, ticket: Ticket[_Slots]) -> None:
        """Remove a ticket from the queue, and return its slots if it has any."""
        with self._state:
            self._line.leave(ticket)
            if ticket.held in self._holders:
                self._holders.remove(ticket.held)
        self._serve()

    def _outcome(self, wish: PoolRequest, ticket: Ticket[_Slots]) -> TakenSlots:
        with self._state:
            self._line.leave(ticket)
        if ticket.held is None:
            raise PoolTimeoutError(
                f"Pool {self.name!r}: {count_slots(wish.slots)} were not free within {wish.timeout:g} seconds, because "
                f"{self.held} of its {count_slots(self.slots)} are held. Give the pool more slots in fake_pools()."
            )
        use = PoolUse(self.name, wish.slots, wish.priority_weight, _name())
        return TakenSlots(use, ticket.held.number, lambda: self._leave(ticket))


def _name() -> str:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return task.get_name() if task else threading.current_thread().name
