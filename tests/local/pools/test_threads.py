"""The threads behind pools survive errors: every wait ends, and every lease is renewed."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, cast
from uuid import uuid4

import pytest

from airflow_compat.errors import ServerBusyError, ServerUnreachableError
from airflow_compat.pools._dispatcher import SlotDispatcher
from airflow_compat.pools._lease_renewer import LeaseRenewer
from airflow_compat.pools._poller import Poller
from airflow_compat.pools._queue import Ticket
from airflow_compat.pools._server_slots import LEASE_SECONDS, Lease, SlotServer

LONG = 30.0


class OddServer:
    """Gives unintelligible answers."""

    def try_acquire(self, ticket: Ticket[Lease]) -> Lease | None:
        raise KeyError("leases")

    def release(self, held: Lease) -> None: ...


def test_unexpected_error_ends_the_wait_and_the_next_is_served() -> None:
    poller: Poller[Lease] = Poller(time.monotonic, lambda: None)
    for _ in range(2):
        desk: SlotDispatcher[Lease] = SlotDispatcher(OddServer(), time.monotonic)
        told = threading.Event()
        ticket: Ticket[Lease] = Ticket(1, 1, told.set)
        desk.join(ticket)
        poller.watch(desk)
        assert told.wait(LONG)
        assert isinstance(ticket.error, KeyError)


class AwayServer:
    """Raises an error a few times, each a minute later, and then grants slots."""

    def __init__(self, error: type[Exception]) -> None:
        self._later = 0.0
        self._error = error
        self._times = 5

    def clock(self) -> float:
        return time.monotonic() + self._later

    def try_acquire(self, ticket: Ticket[Lease]) -> Lease | None:
        self._times -= 1
        self._later += 61.0
        if self._times:
            raise self._error("not now")
        return lease(Slots())

    def release(self, held: Lease) -> None: ...


@pytest.mark.parametrize(("error", "is_endured"), [(ServerBusyError, True), (ServerUnreachableError, False)])
def test_unreachable_server_ends_a_wait_but_busy_server_does_not(
    error: type[ServerUnreachableError], is_endured: bool
) -> None:
    server = AwayServer(error)
    poller: Poller[Lease] = Poller(server.clock, lambda: None)
    desk: SlotDispatcher[Lease] = SlotDispatcher(server, server.clock)
    woken = threading.Event()
    ticket: Ticket[Lease] = Ticket(1, 1, woken.set)
    desk.join(ticket)
    poller.watch(desk)
    assert woken.wait(LONG)
    assert (ticket.held is not None) is is_endured
    assert isinstance(ticket.error, error) is not is_endured


class Slots:
    """A limit whose first request fails in an unexpected way."""

    def __init__(self) -> None:
        self.requests: list[Lease] = []
        self.second = threading.Event()

    def renew(self, lease: Lease) -> None:
        self.requests.append(lease)
        if len(self.requests) == 1:
            raise RuntimeError("odd")
        self.second.set()

    release = renew


def lease(slots: Slots) -> Lease:
    """Return a lease that is due for renewal."""
    return Lease(uuid4(), 1, uuid4(), "pool", 1, time.monotonic() - LEASE_SECONDS / 2, cast("SlotServer", slots))


def test_leases_are_renewed_after_an_unexpected_error() -> None:
    keeper, slots = LeaseRenewer(time.monotonic), Slots()
    for each in (lease(slots), lease(slots)):
        keeper.add(each, logging.getLogger("test"))
    assert slots.second.wait(LONG)
    for each in keeper.leases():
        keeper.remove(each)


def test_leases_are_renewed_after_a_failed_release_callback() -> None:
    keeper, slots = LeaseRenewer(time.monotonic), Slots()
    # Its first request is none of the two.
    with pytest.raises(RuntimeError):
        slots.renew(lease(slots))

    def tell() -> Any:
        told.set()
        raise RuntimeError("odd")

    told = threading.Event()
    keeper.owe(lease(slots), tell)
    assert told.wait(LONG)
    slots.second.clear()
    keeper.add(lease(slots), logging.getLogger("test"))
    assert slots.second.wait(LONG)
    for each in keeper.leases():
        keeper.remove(each)
