"""Runs the tries of task instances, including their waits, and keeps track of running tries."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from .._airflow.graph import InstanceKey
from ..authoring import BaseSensorOperator
from ._events import Continuing, Event, Waiting
from ._hosted.tries import begin_hosted
from ._instances import WAITING, Try, begin_try, state_of_stopped, wait_for
from ._processes.tries import ProcessTries, ProcessTry
from ._records import Record

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from ..operators._outcome import Outcome, Resume
    from ._run import DagRunState
    from ._task_runs import Request
    from ._waits import Waits


class Stopped(NamedTuple):
    """A try that was stopped: its start, in seconds since the epoch, and the keys of the XComs that it has pushed."""

    start: float | None
    pushed: tuple[str, ...]


NOT_BEGUN = Stopped(None, ())
"""The value for an instance without a running try."""


class Tries:
    """The tries of one run.

    Args:
        run: The run.
        waits: The event loop for waits.
        put: A function that sends an event to the run's loop: a try has begun a wait in which it is not active, or such
            a wait is over.
    """

    def __init__(
        self,
        run: DagRunState,
        waits: Waits,
        put: Callable[[Event], None],
    ) -> None:
        self._run, self._waits, self._put = run, waits, put
        self._lock = threading.Lock()
        self._processes = ProcessTries(run) if run.isolation == "process" else None
        self._tries: dict[InstanceKey, Try | ProcessTry] = {}
        self._stopped: set[tuple[InstanceKey, int]] = set()
        self._waiting: dict[InstanceKey, asyncio.Future[Resume | None]] = {}

    def wait_in_loop(self, key: InstanceKey) -> bool:
        """Return True if the try waits in the event loop.

        Only tries of sensors wait there, except tries in a host and, in poke mode, tries in a child process.
        """
        if key.task_id in self._run.hosted:
            return False
        task: Any = self._run.dag.get_task(key.task_id)
        is_sensor = issubclass(getattr(task, "operator_class", type(task)), BaseSensorOperator)
        mode = getattr(task, "mode", None) or getattr(task, "partial_kwargs", {}).get("mode")
        return is_sensor and (self._processes is None or mode == "reschedule")

    def run(self, request: Request) -> State[Any]:
        """Run a try in the current thread.

        While a deferred try waits, it keeps its thread, but does not count as active.
        """
        found = self._begin(request)
        if found.is_stopped:
            return state_of_stopped()
        outcome = found.execute()
        while outcome.state in WAITING and not found.is_stopped:
            resume = self._waits.start(self._wait(found, outcome)).result()
            if not found.is_stopped:
                outcome = found.execute(resume)
        return found.end()

    async def run_async(self, request: Request) -> State[Any]:
        """Run a try of a sensor in the event loop for waits.

        The calls of `poke` run in threads. During its waits, the sensor needs no thread.
        """
        in_thread = self._waits.in_thread
        found = await in_thread(self._begin, request)
        if found.is_stopped:
            return state_of_stopped()
        outcome = await in_thread(found.execute)
        while outcome.state in WAITING and not found.is_stopped:
            resume = await self._wait(found, outcome)
            if not found.is_stopped:
                outcome = await in_thread(found.execute, resume)
        return await in_thread(found.end)

    def stop(self, key: InstanceKey, try_number: int) -> Stopped:
        """Stop a running try as Airflow kills a task.

        From now on, this try can't write a record.
        """
        with self._lock:
            found, waiting = self._tries.pop(key, None), self._waiting.get(key)
            self._stopped.add((key, try_number))
        if found is not None:
            found.stop()
        if waiting is not None:
            waiting.get_loop().call_soon_threadsafe(waiting.cancel)
        return NOT_BEGUN if found is None else Stopped(found.start, tuple(found.pushed))

    def ended(self, key: InstanceKey) -> Record:
        """Return the record of a try whose task run has ended."""
        with self._lock:
            found = self._tries.pop(key, None)
        record = self._run.records.latest(key)
        if found is not None and record is not None and record.try_number == found.request.try_number:
            return record
        # The task run ended without a record, for example because the storage can't be written.
        number, start = (found.request.try_number, found.start) if found else (1, None)
        task_run_id = str(found.task_run.id) if found else ""
        error = "The task run ended without a record of its outcome. See its log."
        return Record(*key, number, "failed", time.time(), task_run_id, start_date=start, error=error)

    def close(self) -> None:
        """End the child processes that execute tries."""
        if self._processes is not None:
            self._processes.close()

    def _begin(self, request: Request) -> Try | ProcessTry:
        if request.task_id in self._run.hosted:
            found: Try | ProcessTry = begin_hosted(self._run, request)
        else:
            found = self._processes.begin(request) if self._processes else begin_try(self._run, request)
        with self._lock:
            if (request.key, request.try_number) in self._stopped:
                # The try was stopped before it began.
                found.is_stopped = True
            else:
                self._tries[request.key] = found
        return found

    async def _wait(self, found: Try | ProcessTry, outcome: Outcome) -> Resume | None:
        """Wait as the outcome of an execution requires: for a trigger, or until the next check of a sensor.

        During the wait, the instance does not count as active, unless it is a sensor in poke mode.
        """
        key = found.request.key
        if outcome.paused is None:
            self._put(Waiting(key, found.request.try_number, outcome.state))
        with self._lock:
            self._waiting[key] = waiting = asyncio.ensure_future(self._wait_and_queue(found, outcome))
        try:
            return await waiting
        except asyncio.CancelledError:
            if not found.is_stopped:
                raise
            return None
        finally:
            with self._lock:
                # During the wait, a later try of the instance may have begun its own wait.
                if self._waiting.get(key) is waiting:
                    del self._waiting[key]

    async def _wait_and_queue(self, found: Try | ProcessTry, outcome: Outcome) -> Resume | None:
        resume = await wait_for(outcome)
        if outcome.paused is None:
            loop, may_go = asyncio.get_running_loop(), asyncio.Event()

            def go() -> None:
                loop.call_soon_threadsafe(may_go.set)

            self._put(Continuing(found.request.key, found.request.try_number, go))
            await may_go.wait()
        return resume
