"""Runs the triggers of tasks in a host.

One process of the host runs all triggers of a DAG file, like Airflow's triggerer.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import itertools
import logging
import threading
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..authoring import BaseTrigger, TriggerEvent
from ..errors import HostError
from ._child import messages
from ._child.channel import Closed
from ._host import AirflowHost
from ._processes import processes_of
from ._services import NoTask, answered, noted
from ._task_processes import DagFile, HostProcess

_log = logging.getLogger("airflow.triggerer")


@dataclass(frozen=True)
class HostedEvent:
    """The payload of an event, as Airflow serializes it."""

    data: Any


@dataclass(frozen=True)
class TaskEnd:
    """A trigger event that ends its task without continuing it.

    Attributes:
        state: The task's state.
        xcoms: The XComs to store for the task, as Airflow serializes them.
    """

    state: str
    xcoms: Mapping[str, Any]


class HostedTrigger(BaseTrigger):
    """A trigger that runs in a host.

    Args:
        host: The host.
        file: The DAG file of the task. The trigger's class may be defined in this file or in a module that the file
            imports.
        classpath: The import path of the trigger's class in the host.
        kwargs: The trigger's arguments, as Airflow serializes them.
    """

    def __init__(self, host: AirflowHost, file: DagFile, classpath: str, kwargs: Any) -> None:
        super().__init__()
        self._host, self._file, self._classpath, self._kwargs = host, file, classpath, kwargs

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the import path of the trigger's class in the host, and the trigger's arguments."""
        return self._classpath, {"kwargs": self._kwargs}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield the trigger's first event, if there is one.

        Raises:
            HostError: The trigger failed.
        """
        fired = await _triggers_of(self._host, self._file).first(self._classpath, self._kwargs)
        if fired.error is not None:
            raise HostError(fired.error)
        if fired.ends_task is not None:
            yield TriggerEvent(TaskEnd(fired.ends_task["state"], fired.ends_task["xcoms"]))
        elif fired.has_event:
            yield TriggerEvent(HostedEvent(fired.event))


class _HostTriggers:
    """Runs the triggers of one DAG file in a process of a host."""

    def __init__(self, host: AirflowHost, file: DagFile) -> None:
        self._host, self._file = host, file
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._process: HostProcess | None = None
        self._waiting: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Future[Any]]] = {}

    async def first(self, classpath: str, kwargs: Any) -> Any:
        """Run a trigger until its first event, and return its `Fired` message."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        number = next(self._numbers)
        self._waiting[number] = future.get_loop(), future
        try:
            await asyncio.to_thread(self._send, messages.StartTrigger(number, classpath, kwargs))
            return await future
        finally:
            if self._waiting.pop(number, None) is not None:
                with contextlib.suppress(HostError):
                    await asyncio.shield(asyncio.to_thread(self._send, messages.StopTrigger(number)))

    def _send(self, request: Any) -> None:
        with self._lock:
            process = self._process
            if process is None:
                if isinstance(request, messages.StopTrigger):
                    return
                process = self._process = processes_of(self._host).take(self._file)
                process.channel.send(messages.RunTriggers())
                context = contextvars.copy_context()
                threading.Thread(target=context.run, args=(self._follow, process), daemon=True).start()
        try:
            process.channel.send(request)
        except Closed:
            raise HostError("The host's process that runs triggers has ended. See the log for the reason.") from None

    def _follow(self, process: HostProcess) -> None:
        """Handle the messages of the process until the process ends."""
        services, why = NoTask("A trigger", _log), "it sent data that is not a message"
        try:
            while True:
                received = process.channel.receive()
                if isinstance(received, messages.Fired):
                    self._fired(received)
                elif not noted(received, services):
                    process.channel.send(answered(received, services))
        except Closed:
            why = ""
        except messages.ProtocolError:
            process.kill()
        with self._lock:
            self._process = None
            waiting = list(self._waiting)
        ended = process.close()
        for number in waiting:
            self._fired(messages.Fired(number, error=f"The process of the trigger has not finished: {why or ended}."))

    def _fired(self, fired: Any) -> None:
        loop, future = self._waiting.pop(fired.number, (None, None))
        if loop is not None and future is not None:
            with contextlib.suppress(RuntimeError):  # The task's event loop may already be closed.
                loop.call_soon_threadsafe(_set, future, fired)


def _set(future: asyncio.Future[Any], fired: Any) -> None:
    # Do nothing if the task no longer waits for the trigger.
    if not future.done():
        future.set_result(fired)


_of_files: dict[tuple[AirflowHost, DagFile], _HostTriggers] = {}


def _triggers_of(host: AirflowHost, file: DagFile) -> _HostTriggers:
    return _of_files.setdefault((host, file), _HostTriggers(host, file))
