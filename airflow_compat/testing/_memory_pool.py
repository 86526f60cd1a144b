"""One pool in memory: its slots, and who waits for them in which order. Safe to be called from many threads."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from .._airflow.pool import UNLIMITED_SLOTS
from .._pools.line import Line, Ticket
from .._specs.pool_state import PoolState, count_slots
from .._stand_ins.kinds import PoolWish
from ..errors import PoolNotReadyError, PoolTimeoutError


@dataclass(frozen=True)
class PoolUse:
    """Who took slots of a pool.

    Attributes:
        pool: The pool's name.
        slots: How many it took.
        priority_weight: With which weight it stood in line.
        holder: The name of its thread, or of its task in an event loop.
    """

    pool: str
    slots: int
    priority_weight: int
    holder: str


@dataclass(frozen=True, eq=False)
class _Slots:
    """What one holder has, and its number in the order of service."""

    slots: int
    here: object
    number: int
    lost: bool = False


@dataclass(frozen=True)
class Taken:
    """Slots that somebody got.

    Attributes:
        use: Who.
        number: What tells in which order all were served: a thread may come to say so after one that was served later.
        release: Gives the slots back.
    """

    use: PoolUse
    number: int
    release: Callable[[], None]


_numbers = itertools.count()


class MemoryPool:
    """A pool of so many slots; -1 is without limit."""

    def __init__(self, name: str, slots: int) -> None:
        self.name = name
        self.slots = slots
        self.most_held = 0
        self._state = threading.Lock()
        self._line: Line[_Slots] = Line()
        self._holders: list[_Slots] = []

    @property
    def held(self) -> int:
        """How many slots are taken."""
        return sum(one.slots for one in list(self._holders))

    def state(self) -> PoolState:
        """The pool as `airflow_compat.pools.read` gives it, without its holders."""
        return PoolState(self.name, self.slots, self.held, active=True, waiting=len(self._line))

    def take(self, wish: PoolWish) -> Taken:
        """Wait in this thread."""
        event = threading.Event()
        ticket = self._join(wish, event.set)
        try:
            event.wait(wish.timeout)
            return self._outcome(wish, ticket)
        except BaseException:
            self._leave(ticket)
            raise

    async def atake(self, wish: PoolWish) -> Taken:
        """`take` in a coroutine."""
        loop = asyncio.get_running_loop()
        event = asyncio.Event()

        def wake() -> None:
            # The loop may be closed when somebody else gives slots back.
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

    def _join(self, wish: PoolWish, wake: Callable[[], None]) -> Ticket[_Slots]:
        ticket: Ticket[_Slots] = Ticket(wish.slots, wish.priority_weight, wake, holder=wish.here)
        with self._state:
            self._check(wish)
            self._line.join(ticket)
        self._serve()
        return ticket

    def _check(self, wish: PoolWish) -> None:
        """What would wait for ever is an error, as it is with a server."""
        if self.slots == UNLIMITED_SLOTS:
            return
        if wish.slots > self.slots:
            raise PoolNotReadyError(
                f"pool {self.name!r}: {count_slots(wish.slots)} are asked for and fake_pools() gives it {self.slots}; "
                "ask for fewer, or give it more"
            )
        own = sum(one.slots for one in self._holders if one.here == wish.here)
        if own + wish.slots > self.slots:
            raise PoolNotReadyError(
                f"pool {self.name!r}: this code already holds {own} of its {count_slots(self.slots)} and would wait "
                "for itself; take all the slots at once, outside"
            )

    def _serve(self) -> None:
        """Give what is free to who is next; nobody overtakes by wanting less."""
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
        """Who waits no longer leaves nothing behind, though it was served a moment before."""
        with self._state:
            self._line.leave(ticket)
            if ticket.held in self._holders:
                self._holders.remove(ticket.held)
        self._serve()

    def _outcome(self, wish: PoolWish, ticket: Ticket[_Slots]) -> Taken:
        with self._state:
            self._line.leave(ticket)
        if ticket.held is None:
            raise PoolTimeoutError(
                f"pool {self.name!r}: {count_slots(wish.slots)} could not be had within {wish.timeout:g} seconds; "
                f"{self.held} of its {count_slots(self.slots)} are held, and fake_pools() gives it no more"
            )
        use = PoolUse(self.name, wish.slots, wish.priority_weight, _name())
        return Taken(use, ticket.held.number, lambda: self._leave(ticket))


def _name() -> str:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return task.get_name() if task else threading.current_thread().name
