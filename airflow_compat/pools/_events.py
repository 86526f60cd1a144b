"""Sends and receives events about holds and waits, for Prefect's UI and this package's other processes.

The event names and the first four resource labels are those of Prefect's own `concurrency()`.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from prefect.context import FlowRunContext, TaskRunContext
from prefect.events import Event, emit_event
from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventFilter, EventNameFilter

from .._prefect.internals.names import slot_event
from ._request_threads import run_in_thread
from ._server_slots import Lease

ACQUIRED, RELEASED = slot_event("acquired"), slot_event("released")
WAITING = "airflow-compat.pool.waiting"

FLOW_RUN = "airflow-compat.flow-run-id"
HANDED_OVER = "airflow-compat.handed-over"
HOST = "airflow-compat.host"
LEASE_ID = "airflow-compat.lease-id"
PID = "airflow-compat.pid"
TASK_RUN = "airflow-compat.task-run-id"
WAITED = "airflow-compat.waited-seconds"
WAITERS = "airflow-compat.waiters"

# Ignore older events, which a new subscription delivers first.
_OLD = timedelta(seconds=5)
_RECONNECT_SECONDS = 5.0


@dataclass(frozen=True)
class TakenSlots:
    """Slots that were taken in a flow run, as an event reports them. `waited` is in seconds, or None if unknown."""

    lease_id: str
    pool: str
    flow_run_id: str
    task_run_id: str
    slots: int
    waited: float | None


# The slots that this process took most recently; the server gets the events of these slots seconds later.
taken_here: deque[TakenSlots] = deque(maxlen=1000)


@dataclass
class HoldEvents:
    """Sends the events of one hold.

    Outside any run, a hold that got its slots from another hold sends no acquired event, because hundreds of such holds
    may begin in a second.
    """

    lease: Lease
    handed_over: bool
    waited: float
    _acquired: Event | None = None

    def say_acquired(self) -> None:
        if _in_run():
            taken_here.append(taken_in(self._resource()))
        if not self.handed_over or _in_run():
            self._acquired = emit_event(ACQUIRED, resource=self._resource())

    def say_released(self, *, handed_over: bool) -> None:
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


def taken_in(resource: Mapping[str, str]) -> TakenSlots:
    """Return the slots that an event reports. Anyone may send events, so the labels may be invalid."""
    slots, waited = resource.get("slots-acquired", ""), resource.get(WAITED, "")
    return TakenSlots(
        lease_id=resource.get(LEASE_ID, ""),
        pool=resource.get("prefect.resource.name", ""),
        flow_run_id=resource.get(FLOW_RUN, ""),
        task_run_id=resource.get(TASK_RUN, ""),
        slots=int(slots) if slots.isdecimal() else 1,
        waited=float(waited) if waited.replace(".", "", 1).isdecimal() else None,
    )


def say_waiting(limit_id: str, limit_name: str, slots: int, waiters: int) -> None:
    emit_event(
        WAITING,
        resource={**limit_resource(limit_id, limit_name), "slots-wanted": str(slots), WAITERS: str(waiters)},
    )


def limit_resource(limit_id: str, limit_name: str) -> dict[str, str]:
    """Return labels for the limit, this process and the current run.

    Outside a run, Prefect relates events to the run that started its event thread, which may have ended long ago.
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
    task_run = task_context.task_run if task_context else None
    flow_run_id = task_run.flow_run_id if task_run else None
    if flow_context and flow_context.flow_run:
        flow_run_id = flow_context.flow_run.id
    ids = {TASK_RUN: task_run.id if task_run else None, FLOW_RUN: flow_run_id}
    return {label: str(id_) for label, id_ in ids.items() if id_}


def _in_run() -> bool:
    return TaskRunContext.get() is not None or FlowRunContext.get() is not None


class Listener:
    """One subscription to the server's event stream, in its own thread.

    Args:
        hear: Called in the listener's thread when another process or client has released slots of a limit, or waits for
            slots. Arguments: the limit's name, and whether slots were released.
        connected: Called in the listener's thread when the stream is connected (True) or disconnected (False).
    """

    def __init__(self, hear: Callable[[str, bool], None], connected: Callable[[bool], None]) -> None:
        self._hear = hear
        self._connected = connected
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._task = self._loop.create_task(self._listen())
                run_in_thread("airflow-compat-events", self._run, self._loop, self._task)

    def stop(self) -> None:
        with self._lock:
            loop, task, self._loop, self._task = self._loop, self._task, None, None
        if loop and task:
            # The thread may have ended by itself.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(task.cancel)

    def _run(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
        try:
            with suppress(asyncio.CancelledError):
                loop.run_until_complete(task)
        finally:
            self._connected(False)
            loop.close()

    async def _listen(self) -> None:
        names = EventFilter(event=EventNameFilter(name=[RELEASED, WAITING]))
        while True:
            # The poller works without the stream, so a failure only needs a new connection.
            with suppress(Exception):
                async with get_events_subscriber(filter=names, reconnection_attempts=0) as subscriber:
                    self._connected(True)
                    async for event in subscriber:
                        self._take(event)
            self._connected(False)
            await asyncio.sleep(_RECONNECT_SECONDS)

    def _take(self, event: Event) -> None:
        resource = event.resource
        own = resource.get(HOST) == socket.gethostname() and resource.get(PID) == str(os.getpid())
        old = event.occurred < datetime.now(timezone.utc) - _OLD
        if not (own or old or resource.get(HANDED_OVER)):
            self._hear(resource.get("prefect.resource.name") or "", event.event == RELEASED)
