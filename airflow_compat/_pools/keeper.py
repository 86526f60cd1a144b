"""Keeps the leases of this process alive, from one thread, and gives back what the server could not be told of.

A server that is restarted is gone for some seconds. Slots whose code ends meanwhile would stay taken until their lease
ends; so their release is tried again until then.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from logging import Logger, LoggerAdapter

from .._prefect.slots import LEASE_SECONDS, Lease, SlotServer

_RENEW_SECONDS = LEASE_SECONDS / 3
_RETRY_SECONDS = 2.0


class Keeper:
    """Renews every lease that it was given, until it is taken out."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._due: dict[Lease, float] = {}
        self._servers: dict[Lease, SlotServer] = {}
        self._loggers: dict[Lease, Logger | LoggerAdapter[Logger]] = {}
        self._owed: dict[Lease, tuple[SlotServer, Callable[[], None]]] = {}
        self._thread: threading.Thread | None = None

    def add(self, lease: Lease, server: SlotServer, logger: Logger | LoggerAdapter[Logger]) -> None:
        """Keep this lease alive. A lease that was handed over is added again, with its new holder's logger."""
        with self._changed:
            if lease.lost:
                return
            self._loggers[lease] = logger
            if lease not in self._due:
                self._due[lease] = lease.asked_at + _RENEW_SECONDS
                self._servers[lease] = server
            self._start()

    def owe(self, lease: Lease, server: SlotServer, released: Callable[[], None]) -> None:
        """Give the slots back as soon as the server answers, or until their lease has ended.

        Args:
            lease: What was to be released.
            server: The limit that it is of.
            released: Called when that is done.
        """
        with self._changed:
            self._owed[lease] = (server, released)
            self._due[lease] = self._clock() + _RETRY_SECONDS
            self._changed.notify()
            self._start()

    def remove(self, lease: Lease) -> None:
        """Renew it no longer."""
        with self._changed:
            self._forget(lease)
            if not self._due:
                self._changed.notify()

    def leases(self) -> list[tuple[Lease, SlotServer]]:
        """What is kept alive now."""
        with self._changed:
            return list(self._servers.items())

    def owed(self) -> list[tuple[Lease, SlotServer]]:
        """What is to be given back."""
        with self._changed:
            return [(lease, server) for lease, (server, _) in self._owed.items()]

    def _start(self) -> None:
        if self._thread is None:
            run = contextvars.copy_context().run
            self._thread = threading.Thread(target=run, args=(self._run,), name="airflow-compat-leases", daemon=True)
            self._thread.start()

    def _forget(self, lease: Lease) -> None:
        self._due.pop(lease, None)
        self._owed.pop(lease, None)
        self._servers.pop(lease, None)
        self._loggers.pop(lease, None)

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._due:
                    self._thread = None
                    return
                lease = min(self._due, key=lambda lease: self._due[lease])
                pause = self._due[lease] - self._clock()
                if pause > 0:
                    self._changed.wait(pause)
                    continue
                owed = self._owed.get(lease)
                server, logger = self._servers.get(lease), self._loggers.get(lease)
            if owed:
                self._release(lease, *owed)
            elif server and logger:
                self._renew(lease, server, logger)

    def _release(self, lease: Lease, server: SlotServer, released: Callable[[], None]) -> None:
        try:
            server.release(lease)
        except Exception:  # noqa: BLE001 - the other leases are to be kept all the same
            with self._changed:
                if self._clock() > lease.asked_at + LEASE_SECONDS:
                    self._forget(lease)
                else:
                    self._due[lease] = self._clock() + _RETRY_SECONDS
            return
        with self._changed:
            self._forget(lease)
        # It only tells others, and the other leases are to be kept all the same.
        with suppress(Exception):
            released()

    def _renew(self, lease: Lease, server: SlotServer, logger: Logger | LoggerAdapter[Logger]) -> None:
        try:
            server.renew(lease)
            pause = _RENEW_SECONDS
        except Exception:  # noqa: BLE001 - the other leases are to be kept all the same
            # A server that doesn't answer may be back before the lease ends.
            lease.lost = lease.lost or self._clock() > lease.asked_at + LEASE_SECONDS
            pause = _RETRY_SECONDS
        with self._changed:
            if lease.lost:
                self._forget(lease)
            elif lease in self._due:
                self._due[lease] = self._clock() + pause
        if lease.lost:
            logger.error("The server dropped slots of pool %r while they were in use", lease.limit_name)
