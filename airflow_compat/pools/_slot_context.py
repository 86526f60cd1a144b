"""Enters and leaves a pool. Imports Prefect only when a pool is entered."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from .._airflow.names import limit_name
from .._prefect.wrapped_function import decorate
from ..errors import PoolLeaseLostError, ServerError
from ._override import POOLS, PoolRequest
from ._state import count_slots

if TYPE_CHECKING:
    from ._events import HoldEvents
    from ._process_pools import ProcessPools
    from ._request_threads import Begin, Steps
    from ._server_slots import Lease

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Hold:
    """Held slots, as returned by `with pool(...) as hold`.

    Attributes:
        pool: The pool's name.
        slots: The number of held slots.
        waited: How many seconds the wait took.
    """

    pool: str
    slots: int
    waited: float
    _lease: Lease | None = field(default=None, repr=False, compare=False)

    def check(self) -> None:
        """Check during long work that the slots are still held. This sends no request to the server.

        Raises:
            PoolLeaseLostError: The server has dropped the slots, so other code may run at the same time.
        """
        if self._lease and self._lease.lost:
            raise PoolLeaseLostError(
                f"Pool {self.pool!r}: the server dropped its {count_slots(self.slots)} before the code finished, so "
                "other code may have run at the same time. See the server's log, and repeat the run if the overlap "
                "matters"
            )


@dataclass(frozen=True, eq=False)
class PoolContext(AbstractContextManager[Hold, None], AbstractAsyncContextManager[Hold, None]):
    """The result of `pool()`, for `with`, for `async with`, or as a decorator.

    One object can be entered many times, also concurrently.

    Attributes:
        name: The pool's name.
        slots: The number of slots to take each time the pool is entered.
    """

    name: str
    slots: int
    _priority_weight: int
    _timeout: float | None

    def __post_init__(self) -> None:
        limit_name(self.name)  # Raise the error for an invalid name where `pool()` is called.

    def __enter__(self) -> Hold:
        started = time.monotonic()
        if stand_in := POOLS.current():
            return self._let_in(started, stand_in.take(self._wish()))
        from ._request_threads import call_here, go_in_thread, start

        return go_in_thread(self._enter(started, call_here, call_here if self._timeout is None else start))

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
        from ._request_threads import go_in_task, start

        return await go_in_task(self._enter(started, start, start))

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        entry = self._leaving()
        with entry.begun:
            # A cancellation must not interrupt the release.
            await asyncio.shield(asyncio.to_thread(entry.give_back))
        if exc is None:
            entry.hold.check()

    def __call__(self, function: F) -> F:
        if not callable(function):
            raise TypeError(f"Pool {self.name!r} can decorate only functions, not {type(function).__name__}")
        return decorate(function, lambda: self)

    def _enter(self, started: float, begin_opening: Begin, begin: Begin) -> Steps[Hold]:
        from . import _sigterm as termination
        from ._process_pools import board as current_board
        from ._request_threads import Pause
        from ._slot_request import SlotRequest
        from ._wait import find_limit, is_unlimited, wait_for_slots

        with termination.begun() as begun:
            opening = begin_opening(current_board)
            yield Pause((opening,))
            board, here = opening.result(), _here()
            inside = [entry.hold for entry in _entries.get() if entry.here == here]
            own = sum(hold.slots for hold in inside if hold.pool == self.name and hold._lease)
            wish = SlotRequest(self.name, self.slots, self._priority_weight, self._timeout, here, own, started)
            limit = yield from find_limit(board, wish, begin)
            if is_unlimited(limit):
                return self._entered(Hold(self.name, self.slots, wish.waited()), begun)
            lease, handed_over = yield from wait_for_slots(board, wish, limit, begin)
            return self._hold(board, lease, handed_over, wish.waited(), begun)

    def _hold(self, board: ProcessPools, lease: Lease, handed_over: bool, waited: float, begun: ExitStack) -> Hold:
        from .._prefect.run_logger import run_logger
        from ._events import HoldEvents

        try:
            hold = Hold(self.name, self.slots, waited, lease)
            board.keeper.add(lease, run_logger())
            events = HoldEvents(lease, handed_over, waited)
            events.say_acquired()
            return self._entered(hold, begun, functools.partial(_give_back, board, hold, events, os.getpid()))
        except BaseException:
            # A signal may raise an exception at any point.
            board.give_back(lease)
            raise

    def _entered(self, hold: Hold, begun: ExitStack, give_back: Callable[[], None] = lambda: None) -> Hold:
        _entries.set((*_entries.get(), _Entry(self, hold, _here(), give_back, begun.pop_all())))
        return hold

    def _wish(self) -> PoolRequest:
        return PoolRequest(self.name, self.slots, self._priority_weight, self._timeout, _here())

    def _let_in(self, started: float, release: Callable[[], None]) -> Hold:
        """Enter a fake pool of a test, without a server and a lease."""
        begun = ExitStack()
        begun.callback(release)
        return self._entered(Hold(self.name, self.slots, time.monotonic() - started), begun)

    def _leaving(self) -> _Entry:
        entries = _entries.get()
        entry = next(entry for entry in reversed(entries) if entry.owner is self)
        _entries.set(tuple(other for other in entries if other is not entry))
        return entry


@dataclass(frozen=True, eq=False)
class _Entry:
    owner: PoolContext
    hold: Hold
    here: tuple[object, ...]
    give_back: Callable[[], None]
    begun: ExitStack


# The pools that the current code has entered, outermost first. Threads and asyncio tasks inherit a copy of this tuple;
# `here` tells in which thread and task a pool was entered.
_entries: contextvars.ContextVar[tuple[_Entry, ...]] = contextvars.ContextVar("airflow_compat_pools", default=())


def _here() -> tuple[object, ...]:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return threading.get_ident(), task


def _give_back(board: ProcessPools, hold: Hold, events: HoldEvents, pid: int) -> None:
    # A process that was forked inside the pool has a copy of the pool's entry, but no slots.
    if pid != os.getpid():
        return
    from .._prefect.run_logger import run_logger

    try:
        handed_over = board.give_back(events.lease)
    except ServerError as exc:
        run_logger().warning(
            "The slots of pool %r could not be given back; retrying until their lease ends, within about 75 s: %s",
            hold.pool,
            exc,
        )
        context = contextvars.copy_context()
        board.keeper.owe(events.lease, lambda: context.run(events.say_released, handed_over=False))
    else:
        events.say_released(handed_over=handed_over)
