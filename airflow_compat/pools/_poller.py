"""Requests slots for all waiters of this process, in one thread."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Generic

from ..errors import ServerBusyError, ServerError
from ._dispatcher import SlotDispatcher
from ._queue import H
from ._request_threads import run_in_thread

# Seconds between two requests for one pool: the first pause, the longest pause, and the longest pause while the event
# stream reports releases. With many pools, the longest pauses grow, so the number of requests stays the same.
_FIRST, _LAST, _LAST_LISTENING = 0.05, 0.25, 1.0
# How many requests per second events may cause for one pool, and how many requests at once.
_RATE, _BURST = 4.0, 4.0
_LISTEN_AFTER = 0.25
_ANNOUNCE_AFTER, _ANNOUNCE_EVERY = 0.3, 2.0
# How long waiters tolerate an unreachable server: as long as a lease lasts. There is no time limit for waiting for a
# busy server.
_OUTAGE_SECONDS = 60.0


class PollTiming:
    """Computes when to send the next request for one pool.

    Attributes:
        since: When the current wait for the pool started.
        announced: When other processes were last informed of this process's wait.
    """

    def __init__(self, now: float) -> None:
        self.due = self.since = self._counted_at = now
        self.announced = float("-inf")
        self._pause = _FIRST
        self._tokens = _BURST

    def denied(self, now: float, *, listening: bool, pools: int) -> None:
        longest = max(_LAST_LISTENING, pools * _LAST) if listening else pools * _LAST
        self._pause = min(self._pause * 1.6, longest)
        self.due = now + self._pause * random.uniform(0.8, 1.2)

    def given(self) -> None:
        self._pause = _FIRST

    def hint(self, now: float, *, certain: bool) -> None:
        """Make the next request due now, because slots may be free. Hints that may be wrong are rate-limited."""
        self._tokens = min(_BURST, self._tokens + (now - self._counted_at) * _RATE)
        self._counted_at = now
        if certain:
            self.due = now
        elif self._tokens >= 1:
            self._tokens -= 1
            self.due = now


class Poller(Generic[H]):
    """Sends the requests of all dispatchers ("desks") that have waiters.

    Args:
        clock: A monotonic clock, in seconds.
        listen: A function that starts listening to other processes' events.
    """

    def __init__(self, clock: Callable[[], float], listen: Callable[[], None]) -> None:
        self._clock = clock
        self._listen = listen
        self._changed = threading.Condition()
        self._paces: dict[SlotDispatcher[H], PollTiming] = {}
        self._silent_since: float | None = None
        self._runs = False

    def watch(self, desk: SlotDispatcher[H]) -> None:
        with self._changed:
            if desk not in self._paces:
                now = self._clock()
                self._paces[desk] = PollTiming(now)
                # The next request can wait: the server just refused slots, or this process pauses.
                self._denied(self._paces[desk], desk, now)
            if not self._runs:
                self._runs = True
                run_in_thread("airflow-compat-pools", self._run)

    def hint(self, desk: SlotDispatcher[H], *, certain: bool = False) -> None:
        with self._changed:
            if pace := self._paces.get(desk):
                pace.hint(self._clock(), certain=certain)
                self._changed.notify()

    def _run(self) -> None:
        try:
            self._poll()
        except Exception as exc:  # noqa: BLE001 - the waiters raise it
            with self._changed:
                self._runs = False
                desks = list(self._paces)
                self._paces.clear()
            for desk in desks:
                desk.fail_all(exc)

    def _poll(self) -> None:
        while True:
            with self._changed:
                for desk in [desk for desk in self._paces if not desk.waiting()]:
                    del self._paces[desk]
                if not self._paces:
                    self._runs = False
                    return
                now = self._clock()
                times = {desk: max(pace.due, desk.share.may_ask_at()) for desk, pace in self._paces.items()}
                due = [desk for desk, time in times.items() if time <= now]
                if not due:
                    # Wake up early enough to tell other processes about the waits, too.
                    self._changed.wait(min(min(times.values()) - now, _LISTEN_AFTER))
            for desk in due:
                self._ask(desk)
            for desk, pace in list(self._paces.items()):
                self._announce(desk, pace)

    def _ask(self, desk: SlotDispatcher[H]) -> None:
        pace = self._paces[desk]
        before = desk.first()
        try:
            with suppress(ServerBusyError):
                desk.ask()
            self._silent_since = None
        except ServerError as exc:
            self._endure(exc)
        if desk.first() is not before:
            pace.given()
        self._denied(pace, desk, self._clock())

    def _denied(self, pace: PollTiming, desk: SlotDispatcher[H], now: float) -> None:
        pace.denied(now, listening=desk.share.listening, pools=len(self._paces))

    def _endure(self, error: ServerError) -> None:
        now = self._clock()
        if self._silent_since is None:
            self._silent_since = now
        elif now - self._silent_since > _OUTAGE_SECONDS:
            for desk in list(self._paces):
                desk.fail_all(error)

    def _announce(self, desk: SlotDispatcher[H], pace: PollTiming) -> None:
        ticket = desk.first()
        if ticket is None:
            return
        now = self._clock()
        # Listen even if each wait is short: a process that passes on its slots must notice that other processes wait.
        if now - min(ticket.since, pace.since) >= _LISTEN_AFTER:
            self._listen()
        if now - ticket.since >= _ANNOUNCE_AFTER and now - pace.announced >= _ANNOUNCE_EVERY:
            pace.announced = now
            ticket.announce()
