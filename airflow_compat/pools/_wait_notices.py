"""Tells the run's log that a waiter waits, and for whom, at growing intervals. Never blocks the waiter."""

from __future__ import annotations

import contextvars
from concurrent.futures import Future

from .._prefect.logs import run_logger
from .._specs.pool_state import count_slots
from .._specs.specs import LimitSpec
from . import aside
from .holders import Holders
from .wish import Wish

_FIRST_SECONDS = 5.0
_HOLDERS_SECONDS = 2.0


class Notices:
    """The notices of one waiter."""

    def __init__(self, holders: Holders, wish: Wish, limit: LimitSpec) -> None:
        self._holders = holders
        self._wish = wish
        self._limit = limit
        self._next = _FIRST_SECONDS
        self._asked: Future[str] | None = None
        self._stopped = False

    def next_in(self) -> float:
        """The seconds until the next notice is due."""
        return max(0.0, self._next - self._wish.waited())

    def give(self) -> None:
        """Log how long it has been, and who has the slots, if a notice is due."""
        if self.next_in():
            return
        self._next *= 2
        if self._asked and not self._asked.done():
            self._log("the server is too busy to say who holds them")
            return
        self._asked = self._holders.ask(self._limit)
        context = contextvars.copy_context()
        self._asked.add_done_callback(lambda answer: context.run(self._log, answer.result()))

    def stop(self) -> None:
        """Log nothing from now on."""
        self._stopped = True

    def holders(self) -> str:
        """Who has the slots, in words; empty if that is not known."""
        # The server has an event of a hold only some seconds later.
        if self._wish.waited() < _FIRST_SECONDS:
            return ""
        answer = self._holders.ask(self._limit)
        return answer.result() if aside.is_done(answer, _HOLDERS_SECONDS) else "the server is too busy to say why"

    def _log(self, who: str) -> None:
        if not self._stopped:
            run_logger().info(
                "Waiting for %s of pool %r for %.0f s; %s",
                count_slots(self._wish.slots),
                self._wish.pool,
                self._wish.waited(),
                who,
            )
