"""Hears, from the server's event stream, when slots of any pool were released and which other processes wait."""

from __future__ import annotations

import asyncio
import contextvars
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventFilter, EventNameFilter

from .pool_events import HANDED_OVER, HOST, PID, RELEASED, WAITING

if TYPE_CHECKING:
    from prefect.events import Event

# A new subscription starts with what happened before it.
_OLD = timedelta(seconds=5)
_RECONNECT_SECONDS = 5.0


@dataclass(frozen=True)
class Heard:
    """Another process, or another client, has released slots of this limit (or else waits for some)."""

    limit_name: str
    released: bool


class Listener:
    """One subscription, in a thread of its own, between `start` and `stop`.

    Args:
        hear: Called in that thread with each thing heard.
        connected: Called in that thread with whether the stream is there.
    """

    def __init__(self, hear: Callable[[Heard], None], connected: Callable[[bool], None]) -> None:
        self._hear = hear
        self._connected = connected
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Listen, if it doesn't already."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._task = self._loop.create_task(self._listen())
                run = contextvars.copy_context().run
                threading.Thread(
                    target=run, args=(self._run, self._loop, self._task), name="airflow-compat-events", daemon=True
                ).start()

    def stop(self) -> None:
        """Listen no longer. The thread ends soon after."""
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
            # Polling goes on meanwhile, so that no failure here is worth more than another try.
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
        if own or old or resource.get(HANDED_OVER):
            return
        self._hear(Heard(resource.get("prefect.resource.name") or "", event.event == RELEASED))
