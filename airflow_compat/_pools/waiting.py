"""Waiting for slots: in a thread, or in a coroutine. What ends the wait early leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress

from .._prefect.pool_events import say_waiting
from .._prefect.slots import Lease, current_holder
from .._specs.specs import LimitSpec
from ..errors import ServerBusyError, ServerError
from . import aside
from .board import Board
from .desk import Desk
from .line import Ticket
from .notices import Notices
from .preflight import FRESH_SECONDS, check
from .wish import ANSWER_SECONDS, Wish


def wait_in_thread(board: Board, wish: Wish, limit: LimitSpec) -> Ticket[Lease]:
    """Wait for the slots.

    Raises:
        PoolTimeoutError: The time is up.
        PoolNotReadyError: The limit was deleted, or made too small.
        ServerError: The server can't be asked.
    """
    event = threading.Event()
    with _in_line(board, wish, limit, event) as wait:
        wait.begin(aside.call_here if wish.timeout is None else aside.start)
        while True:
            event.clear()
            if wait.is_over():
                break
            event.wait(wait.pause())
            wait.notices.give()
        if check_again := wait.check_again():
            aside.is_done(check_again, ANSWER_SECONDS)
            _conclude(check_again)
    if not wait.ticket.settled:
        raise wish.too_late(wait.notices.holders()) if wait.answered.is_set() else wish.no_answer()
    return _outcome(wait.ticket)


async def wait_in_task(board: Board, wish: Wish, limit: LimitSpec) -> Ticket[Lease]:
    """The same in a coroutine. Does not block the event loop."""
    loop = asyncio.get_running_loop()
    event = asyncio.Event()

    class Wake(threading.Event):
        def set(self) -> None:
            super().set()
            # The loop is closed when its program was stopped; nobody waits in it then.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(event.set)

    with _in_line(board, wish, limit, Wake()) as wait:
        wait.begin(aside.start)
        while True:
            event.clear()
            if wait.is_over():
                break
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(event.wait(), wait.pause())
            wait.notices.give()
        if check_again := wait.check_again():
            await aside.is_done_async(check_again, ANSWER_SECONDS)
            _conclude(check_again)
    if not wait.ticket.settled:
        answered = wait.answered.is_set()
        raise wish.too_late(await asyncio.to_thread(wait.notices.holders)) if answered else wish.no_answer()
    return _outcome(wait.ticket)


class _Wait:
    """One waiter in line.

    Attributes:
        answered: Set when the first request for slots has ended, or there is none: the server had no slots just now.
    """

    def __init__(self, board: Board, wish: Wish, limit: LimitSpec, ticket: Ticket[Lease], desk: Desk[Lease]) -> None:
        self.ticket = ticket
        self.notices = Notices(board.holders, wish, limit)
        self.answered = threading.Event()
        self._board = board
        self._wish = wish
        self._desk = desk
        self._since = time.monotonic()

    def begin(self, start: Callable[[Callable[[], None]], object]) -> None:
        """Ask for the slots, or have the poller do it.

        Args:
            start: Makes the request: in this thread, or in one of its own.
        """
        is_first = self._desk.first() is self.ticket
        if is_first and (self._wish.timeout == 0 or not self._desk.was_just_denied()):
            start(self._ask)
        else:
            self.answered.set()
            self._board.wait(self._wish.limit_name)

    def _ask(self) -> None:
        try:
            self._desk.ask(now_or_never=self._wish.timeout == 0)
        except ServerBusyError:
            # The poller asks again.
            pass
        except Exception as exc:  # noqa: BLE001 - the waiter raises it
            self._desk.fail(self.ticket, exc)
        self._since = time.monotonic()
        self.answered.set()
        if not self.ticket.settled:
            self._board.wait(self._wish.limit_name)
            self.ticket.wake()

    def is_over(self) -> bool:
        """Whether the waiter got what it wants, or an error, or its time is up."""
        return self.ticket.settled or not self._wish.left(answered=self.answered.is_set())

    def pause(self) -> float:
        """The seconds until there is something to say, or the time is up."""
        return min(self.notices.next_in(), self._wish.left(answered=self.answered.is_set()))

    def check_again(self) -> Future[LimitSpec] | None:
        """Look whether the limit still limits: one that was made inactive during the wait lets everybody in."""
        if not self.ticket.held or time.monotonic() - self._since <= FRESH_SECONDS:
            return None
        return aside.start(lambda: check(self._board, self._wish, own=0))


def _conclude(check_again: Future[LimitSpec]) -> None:
    """Raise what is wrong with the limit. A server that is too busy to answer has given the slots all the same."""
    with suppress(ServerBusyError):
        if check_again.done():
            check_again.result()


@contextmanager
def _in_line(board: Board, wish: Wish, limit: LimitSpec, event: threading.Event) -> Iterator[_Wait]:
    context = contextvars.copy_context()

    def announce() -> None:
        context.run(say_waiting, limit.id, limit.name, wish.slots, desk.waiting())

    ticket: Ticket[Lease] = Ticket(wish.slots, wish.priority_weight, event.set, current_holder(), announce)
    desk = board.join(limit.name, ticket)
    try:
        wait = _Wait(board, wish, limit, ticket, desk)
        try:
            yield wait
        finally:
            wait.notices.stop()
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
