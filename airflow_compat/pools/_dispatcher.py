"""One pool in this process: gives the slots that the server grants, or that come free, to who is next.

No thread and no clock of its own: the server and the clock are arguments. Safe to be called from many threads; no
request is made while its state is locked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, Protocol

from ..errors import PoolNotReadyError
from .line import H, Line, Ticket
from .share import Share

# Seconds after a denial in which newcomers don't ask again; longer while releases are heard of.
_DENIAL_LASTS, _DENIAL_LASTS_LISTENING = 0.05, 0.25


class Server(Protocol[H]):
    """Who has the slots."""

    def try_acquire(self, ticket: Ticket[H]) -> H | None:
        """Slots as the ticket wants them, or None when they aren't free."""

    def release(self, held: H) -> None:
        """Take slots back."""


class Desk(Generic[H]):
    """The waiters of one pool, and what becomes of the slots that this process has."""

    def __init__(self, server: Server[H], clock: Callable[[], float]) -> None:
        self.share = Share()
        self._server = server
        self._clock = clock
        self._line: Line[H] = Line()
        self._denied_at = float("-inf")
        self._state = threading.Lock()
        self._asking = threading.Lock()

    def join(self, ticket: Ticket[H]) -> bool:
        """Add a waiter; whether it is the only one."""
        with self._state:
            ticket.since = self._clock()
            self._line.join(ticket)
            return len(self._line) == 1

    def leave(self, ticket: Ticket[H]) -> None:
        """Take out a waiter that doesn't wait any longer. It may have been settled a moment before."""
        with self._state:
            self._line.leave(ticket)

    def first(self) -> Ticket[H] | None:
        """Who is next."""
        with self._state:
            return self._line.first()

    def waiting(self) -> int:
        """How many wait."""
        with self._state:
            return len(self._line)

    def was_just_denied(self) -> bool:
        """Whether the server had no slots a moment ago: the poller will ask again soon enough."""
        lasts = _DENIAL_LASTS_LISTENING if self.share.listening else _DENIAL_LASTS
        return self._clock() - self._denied_at < lasts

    def ask(self, *, now_or_never: bool = False) -> None:
        """Ask the server for what the next waiters want, one after another, until it has no more.

        Args:
            now_or_never: Ask also in a pause that is meant for other processes.

        Raises:
            ServerError: It can't be asked; the waiters are as before.
        """
        while self._ask_once(now_or_never=now_or_never):
            pass

    def _ask_once(self, *, now_or_never: bool) -> bool:
        """Whether there is reason to ask again."""
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
        """The slots of one that is done: handed to the next waiter (True), or back to the server.

        Raises:
            ServerError: The server can't be told.
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
        """Settle who gets the slots: the first, else whom they were asked for; None when neither can use them."""
        for ticket in (self._line.first(), asker):
            if ticket and ticket in self._line and ticket.slots == held.slots:
                ticket.held, ticket.handed_over = held, asker is None
                self._line.leave(ticket)
                return ticket
        return None

    def fail(self, ticket: Ticket[H], error: Exception) -> None:
        """End the wait of a ticket with this error, unless it has ended."""
        with self._state:
            if ticket not in self._line:
                return
            ticket.error = error
            self._line.leave(ticket)
        ticket.wake()

    def fail_all(self, error: Exception) -> None:
        """End every wait with this error."""
        while ticket := self.first():
            self.fail(ticket, error)
