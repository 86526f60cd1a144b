"""Slots of a global concurrency limit: taken under a lease, kept by renewing it, given back. One request each."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

import httpx
from prefect.client.schemas.objects import ConcurrencyLeaseHolder
from prefect.client.schemas.responses import ConcurrencyLimitWithLeaseResponse
from prefect.context import FlowRunContext, TaskRunContext

from ..errors import PoolNotReadyError
from .client import kept_client
from .failures import server_call


@dataclass(frozen=True)
class Lease:
    """Slots that the server holds for us until it ends or is released."""

    id: UUID


# The shortest lease that a server grants: a server looks for ended ones every 15 seconds.
LEASE_SECONDS = 60.0


@server_call
def try_acquire(limit_name: str, slots: int) -> Lease | None:
    """Take the slots, all at once, or None when they aren't free.

    Raises:
        PoolNotReadyError: There is no such limit.
    """
    try:
        response = kept_client().increment_concurrency_slots_with_lease(
            names=[limit_name], slots=slots, mode="concurrency", lease_duration=LEASE_SECONDS, holder=_holder()
        )
    except httpx.HTTPStatusError as exc:
        if exc.response.status_code == HTTPStatus.LOCKED:
            return None
        raise
    answer = ConcurrencyLimitWithLeaseResponse.model_validate(response.json())
    if not answer.limits:
        raise PoolNotReadyError(f"the limit {limit_name!r} was deleted while waiting for it; create it again")
    return Lease(answer.lease_id)


@server_call
def renew(lease: Lease) -> bool:
    """Make the lease last from now; False when the server no longer has it."""
    try:
        kept_client().renew_concurrency_lease(lease_id=lease.id, lease_duration=LEASE_SECONDS)
    except httpx.HTTPStatusError as exc:
        if exc.response.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            return False
        raise
    return True


@server_call
def release(lease: Lease) -> None:
    """Give the slots back. Releasing a lease that has ended changes nothing."""
    kept_client().release_concurrency_slots_with_lease(lease_id=lease.id)


def _holder() -> ConcurrencyLeaseHolder | None:
    """Who the server is told holds the slots: the task run, else the flow run, that this code runs in."""
    if task_context := TaskRunContext.get():
        return ConcurrencyLeaseHolder(type="task_run", id=task_context.task_run.id)
    flow_context = FlowRunContext.get()
    if flow_context and flow_context.flow_run:
        return ConcurrencyLeaseHolder(type="flow_run", id=flow_context.flow_run.id)
    return None
