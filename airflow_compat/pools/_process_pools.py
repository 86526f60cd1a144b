"""All of this process's pools on one server: a desk for each, and what they share.

There is one board for each server that is named by the settings, and none is carried over a fork: the child has no
slots, and waits for none.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from logging import Logger, LoggerAdapter
from typing import TYPE_CHECKING

from .._prefect.client import kept_client
from .._prefect.pool_listener import Heard, Listener
from .._prefect.slots import Lease, SlotServer
from .._specs.specs import LimitSpec
from ..errors import ServerError
from .desk import Desk
from .holders import Holders
from .keeper import Keeper
from .line import Ticket
from .poller import Poller

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient


class Board:
    """The pools of one server.

    Attributes:
        known_limits: The limits that were read, and when.
        reading: Held while one is read.
        holders: Who has the slots.
    """

    def __init__(self, client: SyncPrefectClient) -> None:
        self.known_limits: dict[str, tuple[LimitSpec, float]] = {}
        self.reading = threading.Lock()
        self.holders = Holders()
        self._client = client
        self._desks: dict[str, Desk[Lease]] = {}
        self._servers: dict[str, SlotServer] = {}
        self._listening = False
        self._lock = threading.Lock()
        self._keeper = Keeper(time.monotonic)
        self._listener = Listener(self._hear, self._connected)
        self._poller: Poller[Lease] = Poller(time.monotonic, self._listener.start)

    def join(self, limit: str, ticket: Ticket[Lease]) -> Desk[Lease]:
        """Get in line. What is free and nobody waits for is asked for by `ask` of the desk that is returned."""
        with self._lock:
            if limit not in self._desks:
                self._servers[limit] = SlotServer(self._client, limit, time.monotonic)
                self._desks[limit] = Desk(self._servers[limit], time.monotonic)
                self._desks[limit].share.listening = self._listening
            desk = self._desks[limit]
        desk.join(ticket)
        return desk

    def wait(self, limit: str) -> None:
        """Have the poller ask for who waits for this limit."""
        self._poller.watch(self._desks[limit])

    def hold(self, limit: str, lease: Lease, logger: Logger | LoggerAdapter[Logger]) -> None:
        """Keep a lease alive while its slots are in use."""
        self._keeper.add(lease, self._servers[limit], logger)

    def give_back(self, limit: str, lease: Lease) -> bool:
        """The slots of a lease are free: whether they went to another waiter of this process.

        Raises:
            ServerError: The server can't be told; the slots are free when the lease has ended.
        """
        handed_over = False
        try:
            handed_over = self._desks[limit].give_back(lease)
        finally:
            if not handed_over:
                self._keeper.remove(lease)
                self.rest(limit)
        return handed_over

    def owe(self, limit: str, lease: Lease, released: Callable[[], None]) -> None:
        """The server could not be told that the slots are free: tell it later, and then call `released`."""
        self._keeper.owe(lease, self._servers[limit], released)

    def rest(self, limit: str) -> None:
        """Somebody has left: ask for the others, or, when nobody holds or waits, be still."""
        desk = self._desks[limit]
        if desk.waiting():
            self._poller.watch(desk)
            self._poller.hint(desk, certain=True)
        elif not self._keeper.leases() and not any(desk.waiting() for desk in list(self._desks.values())):
            self._listener.stop()

    def release_all(self) -> None:
        """Give back all that is held; for the process's end."""
        for lease, server in (*self._keeper.leases(), *self._keeper.owed()):
            self._keeper.remove(lease)
            with suppress(ServerError):
                server.release(lease)

    def _hear(self, heard: Heard) -> None:
        desk = self._desks.get(heard.limit_name)
        if desk is None:
            return
        if heard.released:
            self._poller.hint(desk)
        else:
            desk.share.others_wait(time.monotonic())

    def _connected(self, connected: bool) -> None:
        with self._lock:
            self._listening = connected
            for desk in self._desks.values():
                desk.share.listening = connected


_boards: dict[int, Board] = {}
_lock = threading.Lock()


def board() -> Board:
    """The board of the server that the current settings name."""
    client = kept_client()
    with _lock:
        if id(client) not in _boards:
            _boards[id(client)] = Board(client)
        return _boards[id(client)]


def _release_all() -> None:
    for each in list(_boards.values()):
        each.release_all()


def _after_fork() -> None:
    # Neither the slots nor the threads came along, and the lock may be held by a thread that isn't here.
    globals()["_lock"] = threading.Lock()
    _boards.clear()


atexit.register(_release_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
