"""Passes the free slots of one pool to the next waiter in this process.

The dispatcher is thread-safe. The dispatcher makes no request while its state is locked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, Protocol

from ..errors import PoolNotReadyError
from ._fair_share import FairShare
from ._queue import H, Ticket, WaitQueue

# For how many seconds after the server refused slots new waiters send no request. The second value applies while the
# event stream reports releases.
_DENIAL_LASTS, _DENIAL_LASTS_LISTENING = 0.05, 0.25


class Server(Protocol[H]):
    """The requests for one limit on the server."""

    def try_acquire(self, ticket: Ticket[H]) -> H | None: ...

    def release(self, held: H) -> None: ...


class SlotDispatcher(Generic[H]):
    """The waiters of one pool, and the slots that this process holds."""

    def __init__(self, server: Server[H], clock: Callable[[], float]) -> None:
        self.share = FairShare()
        self._server = server
        self._clock = clock
        self._line: WaitQueue[H] = WaitQueue()
        self._denied_at = float("-inf")
        self._state = threading.Lock()
        self._asking = threading.Lock()

    def join(self, ticket: Ticket[H]) -> bool:
        with self._state:
            ticket.since = self._clock()
            self._line.join(ticket)
            return len(self._line) == 1

    def leave(self, ticket: Ticket[H]) -> None:
        """Remove a waiter. The waiter may already have received slots or an error."""
        with self._state:
            self._line.leave(ticket)

    def first(self) -> Ticket[H] | None:
        with self._state:
            return self._line.first()

    def waiting(self) -> int:
        with self._state:
            return len(self._line)

    def was_just_denied(self) -> bool:
        """Return True if the server just refused slots."""
        lasts = _DENIAL_LASTS_LISTENING if self.share.listening else _DENIAL_LASTS
        return self._clock() - self._denied_at < lasts

    def ask(self, *, now_or_never: bool = False) -> None:
        """Request slots for one waiter after another, until the server has no free slots.

        Args:
            now_or_never: Whether to send the request even while this process pauses in favour of other processes.

        Raises:
            ServerError: A request to the server failed; the waiters are unchanged.
        """
        while self._ask_once(now_or_never=now_or_never):
            pass

    def _ask_once(self, *, now_or_never: bool) -> bool:
        with self._asking:
            ticket = self.first()
            if ticket is None or (not now_or_never and self._clock() < self.share.may_ask_at()):
                return False
            try:
                held = self._server.try_acquire(ticket)
            except PoolNotReadyError as exc:
                self.fail(ticket, exc)
                return True
        if held is None:
            self._denied_at = self._clock()
            return False
        with self._state:
            self.share.acquired(self._clock())
            receiver = self._receiver(held, ticket)
        if receiver:
            receiver.wake()
        else:
            self._give_back(held)
        return True

    def give_back(self, held: H) -> bool:
        """Hand free slots to the next waiter and return True, or release them on the server and return False.

        Raises:
            ServerError: The server can't be reached.
        """
        with self._state:
            receiver = None
            if not held.lost and self.share.may_hand_over(self._clock()):
                receiver = self._receiver(held, None)
        if receiver:
            receiver.wake()
            return True
        self._give_back(held)
        return False

    def _give_back(self, held: H) -> None:
        try:
            self._server.release(held)
        finally:
            with self._state:
                self.share.released(self._clock())

    def _receiver(self, held: H, asker: Ticket[H] | None) -> Ticket[H] | None:
        """Give the slots to the first waiter if it needs this number, else to the waiter that requested them.

        Return the waiter that received the slots, or None.
        """
        for ticket in (self._line.first(), asker):
            if ticket and ticket in self._line and ticket.slots == held.slots:
                ticket.held, ticket.handed_over = held, asker is None
                self._line.leave(ticket)
                return ticket
        return None

    def fail(self, ticket: Ticket[H], error: Exception) -> None:
        with self._state:
            if ticket not in self._line:
                return
            ticket.error = error
            self._line.leave(ticket)
        ticket.wake()

    def fail_all(self, error: Exception) -> None:
        while ticket := self.first():
            self.fail(ticket, error)
