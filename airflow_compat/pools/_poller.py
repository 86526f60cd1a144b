"""Asks the server on behalf of all who wait in this process: one thread, for as long as anybody waits."""

from __future__ import annotations

import contextvars
import random
import threading
from collections.abc import Callable
from typing import Generic

from ..errors import ServerBusyError, ServerError
from .desk import Desk
from .line import H

# Seconds between two questions about one pool: at first, at last, and at last while releases are heard of. The last two
# are longer where many pools are waited for, so that this process asks no more often than for one.
_FIRST, _LAST, _LAST_LISTENING = 0.05, 0.25, 1.0
# Questions a second and pool that events may cause, and how many of them at once.
_RATE, _BURST = 4.0, 4.0
_LISTEN_AFTER = 0.25
_ANNOUNCE_AFTER, _ANNOUNCE_EVERY = 0.3, 2.0
# How long waiters endure a server that is gone: as long as their slots' leases would last. A busy one has no limit.
_OUTAGE_SECONDS = 60.0


class Pace:
    """When to ask next about one pool.

    Attributes:
        since: Since when somebody has waited for it.
        due: When to ask.
    """

    def __init__(self, now: float) -> None:
        self.due = self.since = now
        self._pause = _FIRST
        self._tokens = _BURST
        self._counted_at = now

    def denied(self, now: float, *, listening: bool, pools: int) -> None:
        """The server had no slots.

        Args:
            now: The time.
            listening: Whether releases are heard of.
            pools: How many pools are asked for.
        """
        longest = max(_LAST_LISTENING, pools * _LAST) if listening else pools * _LAST
        self._pause = min(self._pause * 1.6, longest)
        self.due = now + self._pause * random.uniform(0.8, 1.2)

    def given(self) -> None:
        """The server had slots."""
        self._pause = _FIRST

    def hint(self, now: float, *, certain: bool) -> None:
        """Slots may be free: ask at once, unless that was done too often on hearsay."""
        self._tokens = min(_BURST, self._tokens + (now - self._counted_at) * _RATE)
        self._counted_at = now
        if certain:
            self.due = now
        elif self._tokens >= 1:
            self._tokens -= 1
            self.due = now


class Poller(Generic[H]):
    """Polls for the desks that have waiters.

    Args:
        clock: Seconds that only grow.
        listen: Called when a pool has been waited for for a moment; starts hearing of other processes.
    """

    def __init__(self, clock: Callable[[], float], listen: Callable[[], None]) -> None:
        self._clock = clock
        self._listen = listen
        self._changed = threading.Condition()
        self._paces: dict[Desk[H], Pace] = {}
        self._announced: dict[Desk[H], float] = {}
        self._silent_since: float | None = None
        self._thread: threading.Thread | None = None

    def watch(self, desk: Desk[H]) -> None:
        """Ask for this desk's waiters until there are none."""
        with self._changed:
            if desk not in self._paces:
                now = self._clock()
                self._paces[desk] = Pace(now)
                # Who comes here has just asked, or must pause.
                self._denied(self._paces[desk], desk, now)
            if self._thread is None:
                run = contextvars.copy_context().run
                self._thread = threading.Thread(target=run, args=(self._run,), name="airflow-compat-pools", daemon=True)
                self._thread.start()

    def hint(self, desk: Desk[H], *, certain: bool = False) -> None:
        """Slots of this desk's pool may be free, or certainly were a moment ago."""
        with self._changed:
            if pace := self._paces.get(desk):
                pace.hint(self._clock(), certain=certain)
                self._changed.notify()

    def _run(self) -> None:
        try:
            self._poll()
        except Exception as exc:  # noqa: BLE001 - whoever waits raises it
            with self._changed:
                self._thread = None
                desks = list(self._paces)
                self._paces.clear()
                self._announced.clear()
            for desk in desks:
                desk.fail_all(exc)

    def _poll(self) -> None:
        while True:
            with self._changed:
                for desk in [desk for desk in self._paces if not desk.waiting()]:
                    del self._paces[desk]
                    self._announced.pop(desk, None)
                if not self._paces:
                    self._thread = None
                    return
                now = self._clock()
                times = {desk: max(pace.due, desk.share.may_ask_at()) for desk, pace in self._paces.items()}
                due = [desk for desk, time in times.items() if time <= now]
                if not due:
                    # Also to see in time who is to be announced.
                    self._changed.wait(min(min(times.values()) - now, _LISTEN_AFTER))
            for desk in due:
                self._ask(desk)
            for desk in list(self._paces):
                self._announce(desk)

    def _ask(self, desk: Desk[H]) -> None:
        pace = self._paces[desk]
        before = desk.first()
        try:
            desk.ask()
        except ServerBusyError:
            self._silent_since = None
        except ServerError as exc:
            self._endure(exc)
        else:
            self._silent_since = None
        if desk.first() is not before:
            pace.given()
        self._denied(pace, desk, self._clock())

    def _denied(self, pace: Pace, desk: Desk[H], now: float) -> None:
        pace.denied(now, listening=desk.share.listening, pools=len(self._paces))

    def _endure(self, error: ServerError) -> None:
        now = self._clock()
        if self._silent_since is None:
            self._silent_since = now
        elif now - self._silent_since > _OUTAGE_SECONDS:
            for desk in list(self._paces):
                desk.fail_all(error)

    def _announce(self, desk: Desk[H]) -> None:
        ticket = desk.first()
        if ticket is None:
            return
        now = self._clock()
        # Not only who waits for long: a process whose waiters serve each other must hear that others wait.
        if now - min(ticket.since, self._paces[desk].since) >= _LISTEN_AFTER:
            self._listen()
        last = self._announced.get(desk, float("-inf"))
        if now - ticket.since >= _ANNOUNCE_AFTER and now - last >= _ANNOUNCE_EVERY:
            self._announced[desk] = now
            ticket.announce()
