"""Manages all pools of this process on one server: a dispatcher ("desk") for each pool, and what all desks share.

Each server in the settings has its own `ProcessPools` object ("board").
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from .._prefect.client import kept_client
from .._prefect.specs import LimitSpec
from ..errors import ServerError
from ._dispatcher import SlotDispatcher
from ._events import Listener
from ._lease_renewer import LeaseRenewer
from ._poller import Poller
from ._queue import Ticket
from ._server_slots import Lease, SlotServer
from ._wait_notices import SharedHolders

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient


class ProcessPools:
    """The pools of one server."""

    def __init__(self, client: SyncPrefectClient) -> None:
        self.known_limits: dict[str, tuple[LimitSpec, float]] = {}
        self.reading = threading.Lock()
        self.holders = SharedHolders()
        self._client = client
        self._desks: dict[str, SlotDispatcher[Lease]] = {}
        self._listening = False
        self._lock = threading.Lock()
        self._listener = Listener(self._hear, self._connected)
        self.keeper = LeaseRenewer(time.monotonic)
        self.poller: Poller[Lease] = Poller(time.monotonic, self._listener.start)

    def join(self, limit: str, ticket: Ticket[Lease]) -> SlotDispatcher[Lease]:
        """Add a waiter, and return the pool's desk. The caller then calls the desk's `ask`."""
        with self._lock:
            desk = self._desks.get(limit)
            if desk is None:
                server = SlotServer(self._client, limit, time.monotonic)
                desk = self._desks[limit] = SlotDispatcher(server, time.monotonic)
                desk.share.listening = self._listening
        desk.join(ticket)
        return desk

    def give_back(self, lease: Lease) -> bool:
        """Release the slots of a lease. Return True if another waiter of this process got the slots.

        Raises:
            ServerError: The server can't be reached; the slots become free when the lease ends.
        """
        desk = self._desks[lease.limit_name]
        handed_over = False
        try:
            handed_over = desk.give_back(lease)
        finally:
            if not handed_over:
                self.keeper.remove(lease)
                self.rest(desk)
        return handed_over

    def rest(self, desk: SlotDispatcher[Lease]) -> None:
        if desk.waiting():
            self.poller.watch(desk)
            self.poller.hint(desk, certain=True)
        elif not self.keeper.leases() and not any(desk.waiting() for desk in list(self._desks.values())):
            self._listener.stop()

    def release_all(self) -> None:
        for lease in (*self.keeper.leases(), *self.keeper.leases(owed=True)):
            self.keeper.remove(lease)
            with suppress(ServerError):
                lease.server.release(lease)

    def _hear(self, limit: str, released: bool) -> None:
        desk = self._desks.get(limit)
        if desk and released:
            self.poller.hint(desk)
        elif desk:
            desk.share.others_wait(time.monotonic())

    def _connected(self, connected: bool) -> None:
        with self._lock:
            self._listening = connected
            for desk in self._desks.values():
                desk.share.listening = connected


_boards: dict[int, ProcessPools] = {}
_lock = threading.Lock()


def board() -> ProcessPools:
    client = kept_client()
    with _lock:
        if id(client) not in _boards:
            _boards[id(client)] = ProcessPools(client)
        return _boards[id(client)]


def _release_all() -> None:
    for each in list(_boards.values()):
        each.release_all()


def _after_fork() -> None:
    # A forked child has neither slots nor threads. In the parent, a thread may have held the lock during the fork.
    globals()["_lock"] = threading.Lock()
    _boards.clear()


atexit.register(_release_all)
os.register_at_fork(after_in_child=_after_fork)
