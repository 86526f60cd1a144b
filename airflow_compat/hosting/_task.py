"""Runs one try of a task in a process of a host. The calling thread answers the task's requests meanwhile."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import Any

from ._child import messages
from ._child.channel import Closed
from ._host import AirflowHost
from ._processes import processes_of
from ._services import TaskServices, answered, noted
from ._task_processes import DagFile, HostProcess

_WAITS = ("deferred", "up_for_reschedule")
# The seconds that a stopped task may take to end, before its process is killed.
_GRACE = 10.0


@dataclass(eq=False)
class HostedTask:
    """One try of a task in a host.

    Args:
        host: The host.
        services: Answers the requests of the task.
    """

    host: AirflowHost
    services: TaskServices
    _process: HostProcess | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_stopped: bool = False

    def execute(self, request: Any) -> Any:
        """Run or continue the task, and return its `Ended` message.

        Unless the task is deferred or rescheduled, its process then stays until `finish` is called.

        Raises:
            HostError: The host can't be started.
        """
        file = DagFile(request.file, tuple(request.search_path))
        process = processes_of(self.host).take(file)
        with self._lock:
            self._process = process
            is_stopped = self._is_stopped
        if is_stopped:
            self.close()
            return messages.Ended("failed", error=("AirflowException", "The task was stopped before it started."))
        ended = self._follow(request, messages.Ended)
        if not isinstance(ended, messages.Ended):
            return messages.Ended("up_for_retry", error=("AirflowException", ended))
        if ended.state in _WAITS:
            self._free()
        return ended

    def call(self, request: Any) -> None:
        """Send a process of the host a request that has no result, such as calling a DAG's callbacks.

        Raises:
            HostError: The host can't be started.
        """
        file = DagFile(request.task["file"], tuple(request.task["search_path"]))
        self._process = processes_of(self.host).take(file)
        self._free(request)

    def finish(self, state: str) -> None:
        """Tell the task's process to call the callbacks for the task's final state, and release the process."""
        if self._process is not None:
            self._free(messages.Finish(state))

    def stop(self) -> None:
        """Tell the task's process to kill the task as Airflow does, which calls the operator's `on_kill`.

        If the task's process has not ended after 10 seconds, kill the process.
        """
        with self._lock:
            self._is_stopped = True
            process = self._process
        if process is not None:
            process.terminate()
            timer = threading.Timer(_GRACE, self._kill, (process,))
            timer.daemon = True
            timer.start()

    def close(self) -> None:
        """Kill the task's process, if it has one."""
        process = self._taken()
        if process is not None:
            process.discard()

    def _kill(self, process: HostProcess) -> None:
        with self._lock:
            if self._process is process:
                process.kill()

    def _taken(self) -> HostProcess | None:
        with self._lock:
            process, self._process = self._process, None
        return process

    def _free(self, request: Any = None) -> None:
        free = self._follow(request, messages.Free)
        if isinstance(free, str) and request is not None and not self._is_stopped:
            self.services.log(logging.ERROR, "airflow.task", f"Callbacks may not have been called. {free}")
        process = self._taken()
        if process is None:
            return
        if self._is_stopped or not isinstance(free, messages.Free) or free.has_leftovers:
            process.discard()
        else:
            process.owner.give_back(process)

    def _follow(self, request: Any, until: Any) -> Any:
        """Answer the task's requests until a message of class `until` arrives, and return that message.

        If the process ends before that, return a text with the reason.
        """
        process = self._process
        assert process is not None
        channel = process.channel
        try:
            if request is not None:
                channel.send(request)
            while True:
                received = channel.receive()
                if isinstance(received, until):
                    return received
                if not noted(received, self.services):
                    channel.send(answered(received, self.services))
        except messages.ProtocolError as error:
            self.close()
            return f"The task wrote to the host's socket, which sent {error}. Write only to files that the task opened."
        except Closed:
            self._taken()
            return f"The host's process of the task has not finished: {process.close()}."
        except BaseException:
            # For example, the task's time limit was exceeded, or this process is ending.
            if not self._is_stopped:
                self.stop()
                self._follow(None, until)
            self.close()
            raise
