"""Takes, renews and releases slots of a global concurrency limit under a lease."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

import httpx
from prefect.client.schemas.objects import ConcurrencyLeaseHolder
from prefect.client.schemas.responses import ConcurrencyLimitWithLeaseResponse
from prefect.context import FlowRunContext, TaskRunContext

from .._prefect.failures import server_call
from .._prefect.internals.client import slots_refusal
from ..errors import PoolNotReadyError
from ._queue import Ticket
from ._state import count_slots

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

# The shortest lease that a server grants.
LEASE_SECONDS = 60.0
# A server restart takes at least this long, and may lose leases.
_RESTART_SECONDS = 2.0


@dataclass(eq=False)
class Lease:
    """Slots that the server reserves for this process until the lease ends or is released.

    Attributes:
        limit: The total number of the limit's slots when the lease was granted.
        asked_at: When the lease was requested or last renewed, in seconds of the clock.
        lost: Whether the server no longer has the lease.
        still_counted: Whether the server still counts the slots of a lost lease, after a restart with leases in memory.
    """

    id: UUID
    slots: int
    limit_id: UUID
    limit_name: str
    limit: int
    asked_at: float
    server: SlotServer = field(repr=False)
    lost: bool = False
    still_counted: bool = False
    released: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)


class SlotServer:
    """Sends the requests for one limit to the client's server."""

    def __init__(self, client: SyncPrefectClient, limit_name: str, clock: Callable[[], float]) -> None:
        self._client = client
        self._name = limit_name
        self._clock = clock

    @server_call
    def try_acquire(self, wanted: Ticket[Lease]) -> Lease | None:
        """Acquire all requested slots, or none. Return None if too few slots are free.

        Raises:
            PoolNotReadyError: The limit was deleted, or now has fewer slots than requested.
        """
        asked_at = self._clock()
        try:
            response = self._client.increment_concurrency_slots_with_lease(
                names=[self._name],
                slots=wanted.slots,
                mode="concurrency",
                lease_duration=LEASE_SECONDS,
                holder=wanted.holder if isinstance(wanted.holder, ConcurrencyLeaseHolder) else None,
            )
        except httpx.HTTPStatusError as exc:
            refusal = slots_refusal(exc)
            if refusal == "taken":
                return None
            if refusal == "too few":
                raise PoolNotReadyError(
                    f"Pool {self._name!r} was reduced below the requested {count_slots(wanted.slots)} during the wait. "
                    f"Request fewer, or run `prefect gcl update '{self._name}' --limit {wanted.slots}`"
                ) from None
            raise
        answer = ConcurrencyLimitWithLeaseResponse.model_validate(response.json())
        if not answer.limits:
            raise PoolNotReadyError(
                f"Pool {self._name!r} was deleted during the wait. "
                f"Run `prefect gcl create '{self._name}' --limit {wanted.slots}`"
            )
        limit = answer.limits[0]
        return Lease(answer.lease_id, wanted.slots, limit.id, limit.name, limit.limit, asked_at, self)

    def release(self, lease: Lease) -> None:
        """Release the slots. The slots of an ended lease are already free."""
        with lease.lock:
            if not lease.lost and self._clock() > lease.asked_at + _RESTART_SECONDS:
                # Releasing a lease that the server has lost seems to succeed, but the slots stay counted permanently.
                self._renew(lease)
            if not lease.lost:
                self._release(lease)
            elif lease.still_counted:
                self._uncount(lease)
            lease.released = True

    def renew(self, lease: Lease) -> None:
        with lease.lock:
            if not lease.lost and not lease.released:
                self._renew(lease)

    @server_call
    def _renew(self, lease: Lease) -> None:
        asked_at = self._clock()
        try:
            self._client.renew_concurrency_lease(lease_id=lease.id, lease_duration=LEASE_SECONDS)
        except httpx.HTTPStatusError as exc:
            if slots_refusal(exc) != "no lease":
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
    """Return the run that the server records as the holder: the current task run, else the flow run."""
    if task_context := TaskRunContext.get():
        return ConcurrencyLeaseHolder(type="task_run", id=task_context.task_run.id)
    flow_context = FlowRunContext.get()
    if flow_context and flow_context.flow_run:
        return ConcurrencyLeaseHolder(type="flow_run", id=flow_context.flow_run.id)
    return None
