"""Logs, at growing intervals, that a waiter still waits and who holds the slots, without blocking the waiter.

Many waiters share one request for the holders of a limit.
"""

from __future__ import annotations

import contextvars
import threading
import time
from concurrent.futures import Future

from .._prefect.run_logger import run_logger
from .._prefect.specs import LimitSpec
from ..errors import ServerError
from ._overview import read_holders
from ._request_threads import Pause, Steps, start
from ._slot_request import SlotRequest
from ._state import count_slots, held_by

_FIRST_SECONDS = 5.0
_HOLDERS_SECONDS = 2.0
# How long the known holders of a limit are reused: as long as the server's events are delayed.
_FRESH_SECONDS = 5.0


class SharedHolders:
    """Caches the holders of limits for some seconds."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[Future[str], float]] = {}
        self._lock = threading.Lock()

    def ask(self, limit: LimitSpec) -> Future[str]:
        with self._lock:
            answer, asked_at = self._answers.get(limit.name, (None, 0.0))
            if answer is None or (answer.done() and time.monotonic() - asked_at > _FRESH_SECONDS):
                answer = start(lambda: _read(limit))
                self._answers[limit.name] = answer, time.monotonic()
            return answer


def _read(limit: LimitSpec) -> str:
    try:
        return held_by(read_holders(limit.id, limit.limit))
    except ServerError as exc:
        return f"the holders can't be read: {exc}"


class Notices:
    def __init__(self, holders: SharedHolders, wish: SlotRequest, limit: LimitSpec) -> None:
        self._holders = holders
        self._wish = wish
        self._limit = limit
        self._next = _FIRST_SECONDS
        self._asked: Future[str] | None = None
        self._stopped = False

    def next_in(self) -> float:
        return max(0.0, self._next - self._wish.waited())

    def give(self) -> None:
        if self.next_in():
            return
        self._next *= 2
        if self._asked and not self._asked.done():
            self._log("the server is too busy to report the holders")
            return
        self._asked = self._holders.ask(self._limit)
        context = contextvars.copy_context()
        self._asked.add_done_callback(lambda answer: context.run(self._log, answer.result()))

    def stop(self) -> None:
        self._stopped = True

    def holders(self) -> Steps[str]:
        # The server receives a hold's event some seconds late.
        if self._wish.waited() < _FIRST_SECONDS:
            return ""
        answer = self._holders.ask(self._limit)
        yield Pause((answer,), _HOLDERS_SECONDS)
        return answer.result() if answer.done() else "the server is too busy to report the holders"

    def _log(self, who: str) -> None:
        if not self._stopped:
            run_logger().info(
                "Waiting for %s of pool %r for %.0f s; %s",
                count_slots(self._wish.slots),
                self._wish.pool,
                self._wish.waited(),
                who,
            )
