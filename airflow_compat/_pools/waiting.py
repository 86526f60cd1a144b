"""Waiting for slots: in a thread, or in a coroutine. What ends the wait early leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from shlex import quote

from .._prefect.logs import run_logger
from .._prefect.pool_events import say_waiting
from .._prefect.slots import Lease, current_holder
from .._specs.pool_state import count_slots
from .._specs.specs import LimitSpec
from ..errors import PoolTimeoutError, ServerError
from .board import Board
from .desk import Desk
from .line import Ticket
from .preflight import FRESH_SECONDS, check

_FIRST_NOTICE_SECONDS = 5.0


@dataclass(frozen=True)
class Wish:
    """What is waited for.

    Attributes:
        pool: The pool's name.
        limit: Its limit.
        timeout: The seconds to wait at most, or None.
    """

    pool: str
    limit: LimitSpec
    slots: int
    priority_weight: int
    timeout: float | None


def wait_in_thread(board: Board, wish: Wish) -> Ticket[Lease]:
    """Wait for the slots.

    Raises:
        PoolTimeoutError: The time is up.
        PoolNotReadyError: The limit was deleted, or made too small.
        ServerError: The server can't be asked.
    """
    event = threading.Event()
    with _in_line(board, wish, event) as (ticket, desk):
        if _is_to_ask(desk, ticket, wish):
            desk.ask(now_or_never=wish.timeout == 0)
        if not ticket.settled:
            board.wait(wish.limit.name)
        notices = _Notices(board, wish)
        while not event.wait(notices.pause()) and not notices.is_late():
            notices.give()
        if ticket.held and notices.waited() > FRESH_SECONDS:
            _check_again(board, wish)
    if not ticket.settled:
        raise notices.too_late()
    return _outcome(ticket)


async def wait_in_task(board: Board, wish: Wish) -> Ticket[Lease]:
    """The same in a coroutine: the event loop goes on meanwhile."""
    loop = asyncio.get_running_loop()
    event = asyncio.Event()

    class Wake(threading.Event):
        def set(self) -> None:
            super().set()
            # The loop is closed when its program was stopped; nobody waits in it then.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(event.set)

    with _in_line(board, wish, Wake()) as (ticket, desk):
        if _is_to_ask(desk, ticket, wish):
            await asyncio.to_thread(desk.ask, now_or_never=wish.timeout == 0)
        if not ticket.settled:
            board.wait(wish.limit.name)
        notices = _Notices(board, wish)
        while True:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(event.wait(), notices.pause())
            if ticket.settled or notices.is_late():
                break
            await asyncio.to_thread(notices.give)
        if ticket.held and notices.waited() > FRESH_SECONDS:
            await asyncio.to_thread(_check_again, board, wish)
    if not ticket.settled:
        raise await asyncio.to_thread(notices.too_late)
    return _outcome(ticket)


@contextmanager
def _in_line(board: Board, wish: Wish, event: threading.Event) -> Iterator[tuple[Ticket[Lease], Desk[Lease]]]:
    context = contextvars.copy_context()
    limit = wish.limit

    def announce() -> None:
        context.run(say_waiting, limit.id, limit.name, wish.slots, desk.waiting())

    ticket: Ticket[Lease] = Ticket(wish.slots, wish.priority_weight, event.set, current_holder(), announce)
    desk = board.join(limit.name, ticket)
    try:
        yield ticket, desk
    except BaseException:
        desk.leave(ticket)
        if ticket.held:
            _give_back(board, ticket.held)
        else:
            board.rest(limit.name)
        raise
    desk.leave(ticket)
    if ticket.held is None:
        board.rest(limit.name)


def _is_to_ask(desk: Desk[Lease], ticket: Ticket[Lease], wish: Wish) -> bool:
    return desk.first() is ticket and (wish.timeout == 0 or not desk.was_just_denied())


def _check_again(board: Board, wish: Wish) -> None:
    """A limit that was made inactive during the wait lets everybody in."""
    check(board, wish.pool, wish.limit.name, wish.slots, own=0)


def _give_back(board: Board, lease: Lease) -> None:
    # In a thread: what ends the wait may be a cancellation, and nothing must be awaited then.
    def give_back() -> None:
        with suppress(ServerError):
            board.give_back(lease.limit_name, lease)

    threading.Thread(target=contextvars.copy_context().run, args=(give_back,), name="airflow-compat-return").start()


def _outcome(ticket: Ticket[Lease]) -> Ticket[Lease]:
    if ticket.error:
        raise ticket.error
    return ticket


class _Notices:
    """Tells the run's log that it waits, and for whom, at growing intervals."""

    def __init__(self, board: Board, wish: Wish) -> None:
        self._board = board
        self._wish = wish
        self._started = time.monotonic()
        self._next = _FIRST_NOTICE_SECONDS

    def pause(self) -> float:
        """The seconds until there is something to say, or the time is up."""
        timeout = float("inf") if self._wish.timeout is None else self._wish.timeout
        return max(0.0, min(self._next, timeout) - self.waited())

    def waited(self) -> float:
        """The seconds since it began."""
        return time.monotonic() - self._started

    def is_late(self) -> bool:
        """Whether the time is up."""
        return self._wish.timeout is not None and self.waited() >= self._wish.timeout

    def give(self) -> None:
        """Say how long it has been, and who has the slots."""
        waited = self.waited()
        if waited < self._next:
            return
        self._next *= 2
        run_logger().info(
            "Waiting for %s of pool %r for %.0f s; %s",
            count_slots(self._wish.slots),
            self._wish.pool,
            waited,
            self._board.holders.held_by(self._wish.limit),
        )

    def too_late(self) -> PoolTimeoutError:
        """The error for who got nothing in time."""
        # The server's events tell later than that who holds what.
        known = self.waited() >= _FIRST_NOTICE_SECONDS
        who = f"; {self._board.holders.held_by(self._wish.limit)}" if known else ""
        return PoolTimeoutError(
            f"pool {self._wish.pool!r}: {count_slots(self._wish.slots)} could not be had within "
            f"{self._wish.timeout:g} seconds{who}. "
            f"Wait longer, or see `airflow-compat pools list {quote(self._wish.pool)}`"
        )
