"""Renews this process's leases in one thread, and retries failed releases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from logging import Logger, LoggerAdapter

from ._request_threads import run_in_thread
from ._server_slots import LEASE_SECONDS, Lease

_RENEW_SECONDS = LEASE_SECONDS / 3
_RETRY_SECONDS = 2.0


@dataclass
class _Kept:
    """The next action for a lease: a renewal or a release.

    Attributes:
        due: When to act, in seconds of the monotonic clock.
        released: Called after the slots were released; None if the next action is a renewal.
    """

    due: float
    logger: Logger | LoggerAdapter[Logger] | None = None
    released: Callable[[], None] | None = None


class LeaseRenewer:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._kept: dict[Lease, _Kept] = {}
        self._runs = False

    def add(self, lease: Lease, logger: Logger | LoggerAdapter[Logger]) -> None:
        """Start renewing this lease. A lease that passes to another holder is added again with that holder's logger."""
        with self._changed:
            if not lease.lost:
                self._kept.setdefault(lease, _Kept(lease.asked_at + _RENEW_SECONDS)).logger = logger
                self._start()

    def owe(self, lease: Lease, released: Callable[[], None]) -> None:
        """Retry the release until the server answers, then call `released`. Stop when the lease has ended."""
        with self._changed:
            self._kept[lease] = _Kept(self._clock() + _RETRY_SECONDS, released=released)
            self._changed.notify()
            self._start()

    def remove(self, lease: Lease) -> None:
        with self._changed:
            self._kept.pop(lease, None)
            if not self._kept:
                self._changed.notify()

    def leases(self, *, owed: bool = False) -> list[Lease]:
        """Return the leases that are being renewed; with `owed`, the leases that wait for their release."""
        with self._changed:
            return [lease for lease, kept in self._kept.items() if (kept.released is not None) is owed]

    def _start(self) -> None:
        if not self._runs:
            self._runs = True
            run_in_thread("airflow-compat-leases", self._run)

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._kept:
                    self._runs = False
                    return
                lease, kept = min(self._kept.items(), key=lambda item: item[1].due)
                pause = kept.due - self._clock()
                if pause > 0:
                    self._changed.wait(pause)
                    continue
            if kept.released:
                self._release(lease, kept, kept.released)
            else:
                self._renew(lease, kept)

    def _release(self, lease: Lease, kept: _Kept, released: Callable[[], None]) -> None:
        try:
            lease.server.release(lease)
        except Exception:  # noqa: BLE001 - the other leases must still be renewed
            kept.due = self._clock() + _RETRY_SECONDS
            if self._clock() > lease.asked_at + LEASE_SECONDS:
                self.remove(lease)
            return
        self.remove(lease)
        # An error of the callback must not stop the other renewals.
        with suppress(Exception):
            released()

    def _renew(self, lease: Lease, kept: _Kept) -> None:
        try:
            lease.server.renew(lease)
            kept.due = self._clock() + _RENEW_SECONDS
        except Exception:  # noqa: BLE001 - the other leases must still be renewed
            # The lease is lost only after its end, because until then the server may answer again.
            lease.lost = lease.lost or self._clock() > lease.asked_at + LEASE_SECONDS
            kept.due = self._clock() + _RETRY_SECONDS
        if lease.lost:
            self.remove(lease)
            if kept.logger:
                kept.logger.error("The server dropped slots of pool %r while they were in use", lease.limit_name)
