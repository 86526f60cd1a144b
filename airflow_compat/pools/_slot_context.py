"""The way through a pool: checks, waits for slots, holds them while the code inside runs, and gives them back.

Prefect is imported when a pool is entered, not before.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .._airflow.names import limit_name
from .._airflow.signatures import keep_signature
from .._specs.pool_state import count_slots
from .._stand_ins.kinds import POOLS, PoolWish
from ..errors import PoolLeaseLostError, ServerError

if TYPE_CHECKING:
    from .._prefect.pool_events import HoldEvents
    from .._prefect.slots import Lease
    from .board import Board
    from .line import Ticket
    from .wish import Wish

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Hold:
    """Slots that are held: what `with pool(...) as hold` gives.

    Attributes:
        pool: The pool's name.
        slots: How many slots are held.
        waited: How long the wait for them took, in seconds.
    """

    pool: str
    slots: int
    waited: float
    _lease: Lease | None = field(default=None, repr=False, compare=False)

    def check(self) -> None:
        """Ask, in the middle of long work, whether the slots are still held. Makes no request.

        Raises:
            PoolLeaseLostError: The server has dropped them, so that others may run beside this.
        """
        if self._lease and self._lease.lost:
            raise PoolLeaseLostError(
                f"pool {self.pool!r}: the server dropped its {count_slots(self.slots)} before the code was done, so "
                "that others may have run beside it; see the server's log, and run this again if that matters"
            )


class Passage(AbstractContextManager[Hold, None], AbstractAsyncContextManager[Hold, None]):
    """What `pool()` returns: a context manager, an async one, and a decorator.

    One object can be entered many times, also at once.
    """

    def __init__(self, name: str, slots: int, priority_weight: int, timeout: float | None) -> None:
        self._name = name
        self._limit = limit_name(name)
        self._slots = slots
        self._priority_weight = priority_weight
        self._timeout = timeout

    def __enter__(self) -> Hold:
        started = time.monotonic()
        if stand_in := POOLS.current():
            return self._let_in(started, stand_in.take(self._wish()))
        from . import termination
        from .board import board as current_board
        from .preflight import find_limit_in_thread, is_unlimited
        from .waiting import wait_in_thread

        with termination.begun() as begun:
            board, wish = current_board(), self._wanted(started)
            limit = find_limit_in_thread(board, wish)
            ticket = None if is_unlimited(limit) else wait_in_thread(board, wish, limit)
            return self._entered(started, board, ticket, begun)

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        entry = self._leaving()
        with entry.begun:
            entry.give_back()
        if exc is None:
            entry.hold.check()

    async def __aenter__(self) -> Hold:
        started = time.monotonic()
        if stand_in := POOLS.current():
            return self._let_in(started, await stand_in.atake(self._wish()))
        from . import termination
        from .board import board as current_board
        from .preflight import find_limit_in_task, is_unlimited
        from .waiting import wait_in_task

        with termination.begun() as begun:
            # Builds Prefect's client, which takes a moment the first time.
            board, wish = await asyncio.to_thread(current_board), self._wanted(started)
            limit = await find_limit_in_task(board, wish)
            ticket = None if is_unlimited(limit) else await wait_in_task(board, wish, limit)
            return self._entered(started, board, ticket, begun)

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        entry = self._leaving()
        with entry.begun:
            # Goes on to its end when this is cancelled meanwhile.
            await asyncio.shield(asyncio.to_thread(entry.give_back))
        if exc is None:
            entry.hold.check()

    def __call__(self, function: F) -> F:
        if not callable(function):
            raise TypeError(f"pool {self._name!r} decorates functions, not {type(function).__name__}")
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def in_pool_async(*args: Any, **kwargs: Any) -> Any:
                async with self:
                    return await function(*args, **kwargs)

            keep_signature(in_pool_async, function)
            return cast("F", in_pool_async)

        @functools.wraps(function)
        def in_pool(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        keep_signature(in_pool, function)
        return cast("F", in_pool)

    def _wanted(self, started: float) -> Wish:
        from .wish import Wish

        here = _here()
        own = sum(
            entry.hold.slots
            for entry in _entries.get()
            if entry.here == here and entry.hold.pool == self._name and entry.lease
        )
        return Wish(self._name, self._limit, self._slots, self._priority_weight, self._timeout, own, started)

    def _entered(self, started: float, board: Board, ticket: Ticket[Lease] | None, begun: ExitStack) -> Hold:
        from .._prefect.logs import run_logger
        from .._prefect.pool_events import HoldEvents

        lease = ticket.held if ticket else None
        hold = Hold(self._name, self._slots, time.monotonic() - started, lease)
        events = None
        try:
            if ticket and lease:
                board.hold(self._limit, lease, run_logger())
                events = HoldEvents(lease, ticket.handed_over, hold.waited)
                events.say_acquired()
            entry = _Entry(self, hold, _here(), board, lease, events, begun.pop_all())
            _entries.set((*_entries.get(), entry))
        except BaseException:
            # A signal may come at any time.
            if lease:
                board.give_back(self._limit, lease)
            raise
        return hold

    def _wish(self) -> PoolWish:
        return PoolWish(self._name, self._slots, self._priority_weight, self._timeout, _here())

    def _let_in(self, started: float, release: Callable[[], None]) -> Hold:
        """In a test that fakes the pools: there is no server to keep the slots of."""
        hold = Hold(self._name, self._slots, time.monotonic() - started)
        begun = ExitStack()
        begun.callback(release)
        _entries.set((*_entries.get(), _Entry(self, hold, _here(), None, None, None, begun)))
        return hold

    def _leaving(self) -> _Entry:
        entries = _entries.get()
        entry = next(entry for entry in reversed(entries) if entry.owner is self)
        _entries.set(tuple(other for other in entries if other is not entry))
        return entry


@dataclass(frozen=True, eq=False)
class _Entry:
    """One passage through a pool."""

    owner: Passage
    hold: Hold
    here: tuple[object, ...]
    board: Board | None
    lease: Lease | None
    events: HoldEvents | None
    begun: ExitStack
    pid: int = field(default_factory=os.getpid)

    def give_back(self) -> None:
        """The passage is over: its slots may go to others."""
        # A process that was forked inside has a copy of the passage, and none of the slots.
        if not self.board or not self.lease or not self.events or self.pid != os.getpid():
            return
        from .._prefect.logs import run_logger

        try:
            handed_over = self.board.give_back(self.lease.limit_name, self.lease)
        except ServerError as exc:
            run_logger().warning(
                "The slots of pool %r could not be given back; that is tried again until their lease has ended, within "
                "some 75 s: %s",
                self.hold.pool,
                exc,
            )
            say = functools.partial(self.events.say_released, handed_over=False)
            self.board.owe(self.lease.limit_name, self.lease, functools.partial(contextvars.copy_context().run, say))
        else:
            self.events.say_released(handed_over=handed_over)


# What this thread or task has entered, outermost first. Copied into what it starts, hence `here`.
_entries: contextvars.ContextVar[tuple[_Entry, ...]] = contextvars.ContextVar("airflow_compat_pools", default=())


def _here() -> tuple[object, ...]:
    """The thread and, in an event loop, the task that runs this."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return threading.get_ident(), task
