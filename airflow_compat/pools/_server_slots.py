"""Slots of a global concurrency limit: taken under a lease, kept by renewing it, given back. One request each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import httpx
from prefect.client.schemas.objects import ConcurrencyLeaseHolder
from prefect.client.schemas.responses import ConcurrencyLimitWithLeaseResponse
from prefect.context import FlowRunContext, TaskRunContext

from ..errors import PoolNotReadyError
from .failures import server_call

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

# The shortest lease that a server grants: it looks for ended ones every 15 seconds.
LEASE_SECONDS = 60.0
# No server restarts faster, and a restart may forget leases.
_RESTART_SECONDS = 2.0


@dataclass(eq=False)
class Lease:
    """Slots that the server holds for this process until the lease ends or is released.

    Attributes:
        limit_id: The limit's id on the server.
        limit_name: The limit's name.
        limit: How many slots it had when these were taken.
        asked_at: When they were asked for, or renewed, in the clock's seconds.
        lost: Whether the server no longer knows the lease.
        still_counted: Whether the server counts the slots of a lost lease as taken all the same: it forgot the lease
            before it could have ended, which a restart does where leases are kept in memory.
        released: Whether the slots were given back, or there were none to give.
        lock: Held while a request about it is under way.
    """

    id: UUID
    slots: int
    limit_id: UUID
    limit_name: str
    limit: int
    asked_at: float
    lost: bool = False
    still_counted: bool = False
    released: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)


class Wanted(Protocol):
    """What is asked for."""

    slots: int
    holder: object


class SlotServer:
    """One limit of the server that the settings named when it was first asked for."""

    def __init__(self, client: SyncPrefectClient, limit_name: str, clock: Callable[[], float]) -> None:
        self._client = client
        self._name = limit_name
        self._clock = clock

    @server_call
    def try_acquire(self, wanted: Wanted) -> Lease | None:
        """Take the slots, all at once, or None when they aren't free.

        Raises:
            PoolNotReadyError: There is no such limit any more, or it has fewer slots.
        """
        holder = wanted.holder if isinstance(wanted.holder, ConcurrencyLeaseHolder) else None
        asked_at = self._clock()
        try:
            response = self._client.increment_concurrency_slots_with_lease(
                names=[self._name],
                slots=wanted.slots,
                mode="concurrency",
                lease_duration=LEASE_SECONDS,
                holder=holder,
            )
        except httpx.HTTPStatusError as exc:
            if exc.response.status_code == HTTPStatus.LOCKED:
                return None
            if exc.response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
                raise PoolNotReadyError(
                    f"pool {self._name!r}: it was given fewer than {wanted.slots} slots while waiting for them. "
                    f"To mend it: ask for fewer, or `prefect gcl update '{self._name}' --limit {wanted.slots}`"
                ) from None
            raise
        answer = ConcurrencyLimitWithLeaseResponse.model_validate(response.json())
        if not answer.limits:
            raise PoolNotReadyError(
                f"pool {self._name!r}: its limit was deleted while waiting for it. To mend it: create it again with "
                f"`prefect gcl create '{self._name}' --limit {wanted.slots}`"
            )
        limit = answer.limits[0]
        return Lease(answer.lease_id, wanted.slots, limit.id, limit.name, limit.limit, asked_at)

    def release(self, lease: Lease) -> None:
        """Give the slots back. A lease that has ended has given them back already."""
        with lease.lock:
            if not lease.lost and self._clock() > lease.asked_at + _RESTART_SECONDS:
                # Releasing a lease that the server has forgotten succeeds, and leaves its slots counted for good.
                self._renew(lease)
            if not lease.lost:
                self._release(lease)
            elif lease.still_counted:
                self._uncount(lease)
            lease.released = True

    def renew(self, lease: Lease) -> None:
        """Make the lease last from now, or see that it is lost."""
        with lease.lock:
            if not lease.lost and not lease.released:
                self._renew(lease)

    @server_call
    def _renew(self, lease: Lease) -> None:
        asked_at = self._clock()
        try:
            self._client.renew_concurrency_lease(lease_id=lease.id, lease_duration=LEASE_SECONDS)
        except httpx.HTTPStatusError as exc:
            if exc.response.status_code not in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
                raise
            lease.still_counted = self._clock() < lease.asked_at + LEASE_SECONDS
            lease.lost = True
        else:
            lease.asked_at = asked_at

    @server_call
    def _release(self, lease: Lease) -> None:
        self._client.release_concurrency_slots_with_lease(lease_id=lease.id)

    @server_call
    def _uncount(self, lease: Lease) -> None:
        occupancy = max(self._clock() - lease.asked_at, 0.001)
        self._client.release_concurrency_slots([self._name], lease.slots, occupancy)


def current_holder() -> ConcurrencyLeaseHolder | None:
    """Who the server is told holds the slots: the task run, else the flow run, that this code runs in."""
    if task_context := TaskRunContext.get():
        return ConcurrencyLeaseHolder(type="task_run", id=task_context.task_run.id)
    flow_context = FlowRunContext.get()
    if flow_context and flow_context.flow_run:
        return ConcurrencyLeaseHolder(type="flow_run", id=flow_context.flow_run.id)
    return None
