"""Keeps one lease alive from a thread of its own for as long as it is held."""

from __future__ import annotations

import threading
import time

from ..errors import ServerError
from .logs import run_logger
from .slots import LEASE_SECONDS, Lease, release, renew

_RENEW_SECONDS = LEASE_SECONDS / 3
_RETRY_SECONDS = 2.0


class LeaseKeeper:
    """Renews a lease until `release` is called."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._lost = False
        self._done = threading.Event()
        self._logger = run_logger()
        self._thread = threading.Thread(target=self._run, name=f"airflow-compat-lease-{lease.id}", daemon=True)
        self._thread.start()

    def release(self) -> bool:
        """Give the slots back; False when the server had dropped them before."""
        self._done.set()
        self._thread.join()
        if not self._lost:
            try:
                release(self._lease)
            except ServerError as exc:
                self._logger.warning(
                    "The slots could not be given back; they are free in %.0f s: %s", LEASE_SECONDS, exc
                )
        return not self._lost

    def _run(self) -> None:
        ends = time.monotonic() + LEASE_SECONDS
        pause = _RENEW_SECONDS
        while not self._done.wait(pause):
            asked = time.monotonic()
            try:
                self._lost = not renew(self._lease)
                ends, pause = asked + LEASE_SECONDS, _RENEW_SECONDS
            except ServerError:
                # A server that doesn't answer may be back before the lease ends.
                self._lost = time.monotonic() > ends
                pause = _RETRY_SECONDS
            if self._lost:
                self._logger.error("The server dropped the pool's slots while they were in use")
                return
