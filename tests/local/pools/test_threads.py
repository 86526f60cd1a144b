"""The threads behind pools outlive what goes wrong in them: no wait is without end, and no lease without renewal."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, cast
from uuid import uuid4

import pytest

from airflow_compat._pools.desk import Desk
from airflow_compat._pools.keeper import Keeper
from airflow_compat._pools.line import Ticket
from airflow_compat._pools.poller import Poller
from airflow_compat._prefect.slots import LEASE_SECONDS, Lease, SlotServer
from airflow_compat.errors import ServerBusyError, ServerUnreachableError

LONG = 30.0


class OddServer:
    """Answers what nobody understands."""

    def try_acquire(self, ticket: Ticket[Lease]) -> Lease | None:
        raise KeyError("leases")

    def release(self, held: Lease) -> None: ...


def test_a_wait_ends_with_what_went_wrong_and_the_next_one_is_served() -> None:
    poller: Poller[Lease] = Poller(time.monotonic, lambda: None)
    for _ in range(2):
        desk: Desk[Lease] = Desk(OddServer(), time.monotonic)
        told = threading.Event()
        ticket: Ticket[Lease] = Ticket(1, 1, told.set)
        desk.join(ticket)
        poller.watch(desk)
        assert told.wait(LONG)
        assert isinstance(ticket.error, KeyError)


class AwayServer:
    """Raises an error a few times, each a minute later, and then gives slots."""

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
        return lease()

    def release(self, held: Lease) -> None: ...


@pytest.mark.parametrize(("error", "is_endured"), [(ServerBusyError, True), (ServerUnreachableError, False)])
def test_a_busy_server_never_ends_a_wait_and_one_that_is_gone_does(
    error: type[ServerUnreachableError], is_endured: bool
) -> None:
    server = AwayServer(error)
    poller: Poller[Lease] = Poller(server.clock, lambda: None)
    desk: Desk[Lease] = Desk(server, server.clock)
    woken = threading.Event()
    ticket: Ticket[Lease] = Ticket(1, 1, woken.set)
    desk.join(ticket)
    poller.watch(desk)
    assert woken.wait(LONG)
    assert (ticket.held is not None) is is_endured
    assert isinstance(ticket.error, error) is not is_endured


class Slots:
    """A limit whose first request goes wrong in a way that nobody expects."""

    def __init__(self) -> None:
        self.requests: list[Lease] = []
        self.second = threading.Event()

    def renew(self, lease: Lease) -> None:
        self.requests.append(lease)
        if len(self.requests) == 1:
            raise RuntimeError("odd")
        self.second.set()

    release = renew


def lease() -> Lease:
    """One that is to be renewed at once."""
    return Lease(uuid4(), 1, uuid4(), "pool", 1, time.monotonic() - LEASE_SECONDS / 2)


def test_leases_are_renewed_after_an_odd_error() -> None:
    keeper, slots = Keeper(time.monotonic), Slots()
    for each in (lease(), lease()):
        keeper.add(each, cast("SlotServer", slots), logging.getLogger("test"))
    assert slots.second.wait(LONG)
    for each, _ in keeper.leases():
        keeper.remove(each)


def test_leases_are_kept_after_what_is_told_of_a_release_went_wrong() -> None:
    keeper, slots = Keeper(time.monotonic), Slots()
    # Its first request is none of the two.
    with pytest.raises(RuntimeError):
        slots.renew(lease())

    def tell() -> Any:
        told.set()
        raise RuntimeError("odd")

    told = threading.Event()
    keeper.owe(lease(), cast("SlotServer", slots), tell)
    assert told.wait(LONG)
    slots.second.clear()
    keeper.add(lease(), cast("SlotServer", slots), logging.getLogger("test"))
    assert slots.second.wait(LONG)
    for each, _ in keeper.leases():
        keeper.remove(each)
