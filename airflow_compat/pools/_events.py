"""What a pool's holds and waits tell others, through the server's events: Prefect's UI, and other processes of ours.

The names, and the resource's first four labels, are those of Prefect's own `concurrency()`.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from prefect.context import FlowRunContext, TaskRunContext
from prefect.events import Event, emit_event

from .slots import Lease

ACQUIRED = "prefect.concurrency-limit.acquired"
RELEASED = "prefect.concurrency-limit.released"
WAITING = "airflow-compat.pool.waiting"

FLOW_RUN = "airflow-compat.flow-run-id"
HANDED_OVER = "airflow-compat.handed-over"
HOST = "airflow-compat.host"
LEASE_ID = "airflow-compat.lease-id"
PID = "airflow-compat.pid"
SLOTS_WANTED = "slots-wanted"
TASK_RUN = "airflow-compat.task-run-id"
WAITED = "airflow-compat.waited-seconds"
WAITERS = "airflow-compat.waiters"


@dataclass(frozen=True)
class Taken:
    """Slots that were taken in a flow run; `waited` in seconds, None where it wasn't told."""

    lease_id: str
    pool: str
    flow_run_id: str
    task_run_id: str
    slots: int
    waited: float | None


# The latest that this process took: the server has an event seconds later.
taken_here: deque[Taken] = deque(maxlen=1000)


@dataclass
class HoldEvents:
    """What is said of one hold.

    A hold outside any run that was handed its slots says nothing: nobody looks for it, and there may be hundreds in a
    second.
    """

    lease: Lease
    handed_over: bool
    waited: float
    _acquired: Event | None = None

    def say_acquired(self) -> None:
        """The hold begins."""
        if _in_run():
            taken_here.append(taken_in(self._resource()))
        if not self.handed_over or _in_run():
            self._acquired = emit_event(ACQUIRED, resource=self._resource())

    def say_released(self, *, handed_over: bool) -> None:
        """The hold is over; its slots are the server's again, or went to another hold of this process."""
        if not handed_over:
            emit_event(RELEASED, resource=self._resource(), follows=self._acquired)
        elif self._acquired:
            emit_event(RELEASED, resource={**self._resource(), HANDED_OVER: "true"}, follows=self._acquired)

    def _resource(self) -> dict[str, str]:
        return {
            **limit_resource(str(self.lease.limit_id), self.lease.limit_name),
            "slots-acquired": str(self.lease.slots),
            "limit": str(self.lease.limit),
            LEASE_ID: str(self.lease.id),
            WAITED: f"{self.waited:.1f}",
        }


def taken_in(resource: Mapping[str, str]) -> Taken:
    """What an event says of slots that were taken. Events may be sent by anybody."""
    slots, waited = resource.get("slots-acquired", ""), resource.get(WAITED, "")
    return Taken(
        lease_id=resource.get(LEASE_ID, ""),
        pool=resource.get("prefect.resource.name", ""),
        flow_run_id=resource.get(FLOW_RUN, ""),
        task_run_id=resource.get(TASK_RUN, ""),
        slots=int(slots) if slots.isdecimal() else 1,
        waited=float(waited) if waited.replace(".", "", 1).isdecimal() else None,
    )


def say_waiting(limit_id: str, limit_name: str, slots: int, waiters: int) -> None:
    """This process waits for slots. Said in the context of the first that waits."""
    resource = {**limit_resource(limit_id, limit_name), SLOTS_WANTED: str(slots), WAITERS: str(waiters)}
    emit_event(WAITING, resource=resource)


def limit_resource(limit_id: str, limit_name: str) -> dict[str, str]:
    """The limit, this process and the run that this happens in.

    Prefect relates an event to runs as well. But its worker, where there is no run, or no task run, takes the one that
    it was started in, which may have ended long ago.
    """
    return {
        "prefect.resource.id": f"prefect.concurrency-limit.{limit_id}",
        "prefect.resource.name": limit_name,
        HOST: socket.gethostname(),
        PID: str(os.getpid()),
        **_runs(),
    }


def _runs() -> dict[str, str]:
    task_context, flow_context = TaskRunContext.get(), FlowRunContext.get()
    runs = {}
    if task_context:
        runs[TASK_RUN] = str(task_context.task_run.id)
    if flow_context and flow_context.flow_run:
        runs[FLOW_RUN] = str(flow_context.flow_run.id)
    elif task_context and task_context.task_run.flow_run_id:
        runs[FLOW_RUN] = str(task_context.task_run.flow_run_id)
    return runs


def _in_run() -> bool:
    return TaskRunContext.get() is not None or FlowRunContext.get() is not None
