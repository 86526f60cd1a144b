"""The loop of one DAG run, in the thread of its flow.

The loop collects ended tasks, decides what happens next, and starts ready tasks.

The loop manages tries: if a try is repeated, its task run ends, and the loop waits for the delay before the next try.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from .._airflow.graph import InstanceKey
from .._prefect.run_logger import Logger
from ._carry_out import carry_out_all
from ._decisions import REASONS, NeedsLength, Ready, RunEnded, Settled
from ._events import Asked, Continuing, Due, Ended, Event, Refused, Waiting
from ._records import Record, RunEnd
from ._requests import Inbox
from ._result import TaskInstanceResult
from ._resume import clear, progress_of
from ._run import ON_ENDED
from ._settled_states import SettledStates
from ._starts import Starts
from ._task_runs import TaskRuns, request_for
from ._tries import NOT_BEGUN, Stopped, Tries
from ._waits import Waits
from ._xcoms import length_of

if TYPE_CHECKING:
    from ._decisions import Decision, SettledState
    from ._metrics import RunMetrics
    from ._past_runs import PastRuns
    from ._run import DagRunState


class Loop:
    """The loop that executes one run.

    Args:
        run: The run; an earlier process of the same run may have written its records.
        past: The DAG's earlier runs, for which tasks may have to wait.
        timeout: The seconds after which the run fails; None for no limit.
        metrics: The metrics of the run.
        logger: The run's logger.
    """

    def __init__(
        self,
        run: DagRunState,
        past: PastRuns,
        *,
        timeout: float | None,
        metrics: RunMetrics,
        logger: Logger,
    ) -> None:
        self._run, self._metrics, self._logger = run, metrics, logger
        self._on_ended = ON_ENDED.get() or (lambda _: None)
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._waits = Waits()
        self._task_runs = TaskRuns(run, self._waits)
        self._starts = Starts(run, past, self._waits, self._events.put)
        self._tries = Tries(run, self._waits, self._events.put)
        self.settled = SettledStates(run, self._task_runs, self._on_ended)
        # The number of the running try, by task instance.
        self._running: dict[InstanceKey, int] = {}
        self._end: RunEnd | None = None
        self._is_stopping = False
        self._inbox = Inbox(run.flow_run.id, logger)
        for record in run.records.all():
            self._task_runs.note(record.key, UUID(record.task_run_id))

    def run(self) -> RunEnd | None:
        """Run the DAG to its end, and return how it ended.

        Return None if the run must continue later, after the DAG's previous run.
        """
        try:
            self._inbox.watch(lambda: self._events.put(Asked()))
            if not self._carry_out_requests():
                self.begin()
            while self._end is None or self._running or self._carry_out_requests():
                self._start_ready()
                if self._starts.are_blocked(self._run.progress.active):
                    break
                self._take(self._next_event())
            self.settled.wait()
        except BaseException:
            # The process received a signal to end, or the flow run was cancelled.
            self.stop("cancelled", "failed")
            raise
        finally:
            self._inbox.close()
            self._starts.close()
            self._waits.close()
            self._tries.close()
        return self._end

    # -- Decisions

    def begin(self) -> None:
        """Make the first decisions about the run, and carry them out."""
        self._follow(self._run.progress.begin())

    def _follow(self, decisions: Iterable[Decision]) -> None:
        waiting = list(decisions)
        for decision in waiting:
            match decision:
                case Ready(key):
                    self._starts.schedule(key)
                case Settled():
                    self._settle(decision)
                case NeedsLength(node_id):
                    waiting += self._run.progress.expanded(node_id, length_of(self._run, node_id, self._logger))
                case RunEnded(state, reason):
                    self._end = RunEnd(state, reason, time.time())

    def _settle(self, settled: Settled) -> None:
        key, killed = settled.key, self._running.get(settled.key)
        start = self._drop(key).start
        earlier = self._run.records.latest(key)
        is_known = earlier is not None and not earlier.ran and earlier.state == settled.state
        if settled.state != "removed" and not is_known:
            self.settled.add(key, settled.state, REASONS[settled.reason], killed, start)

    # -- Instances

    def _start_ready(self) -> None:
        while (found := self._starts.next()) is not None:
            key, go = found
            self._run.progress.moved(key, "running")
            if go is not None:
                go()
            else:
                self._start(key)

    def _start(self, key: InstanceKey) -> None:
        number = self._run.records.tries(key) + 1
        request, edges = request_for(key, number), self._task_runs.edges_to(key)
        self._running[key] = number
        self._metrics.started(key)

        def ended() -> None:
            self._events.put(Ended(key, number))

        if self._tries.wait_in_loop(key):
            self._task_runs.start_async(request, edges, self._tries.run_async, ended)
        else:
            self._task_runs.start(request, edges, self._tries.run, ended)

    # -- Events

    def _next_event(self) -> Event | None:
        """Wait for an event, the end of a delay, or the time limit of the run.

        Return the event; None if a delay has ended or the time limit was reached.
        """
        moments = [moment for moment in (self._starts.next_moment(), self._deadline) if moment is not None]
        try:
            return self._events.get(timeout=max(0.0, min(moments) - time.monotonic()) if moments else None)
        except queue.Empty:
            return None

    def _take_time(self) -> None:
        """End the run if its time limit is reached. Schedule the instances whose delays have ended."""
        now = time.monotonic()
        if self._deadline is not None and now >= self._deadline:
            self._deadline = None
            self.stop("timed_out", "skipped")
        while (key := self._starts.due(now)) is not None:
            if key in self._run.progress.active:
                self._starts.schedule(key)

    def _take(self, event: Event | None) -> None:
        self._take_time()
        match event:
            case Asked():
                self._carry_out_requests()
            case Ended(key, number) if self._running.get(key) == number:
                self._has_ended(key)
            case Due(key, None) if key in self._run.progress.active and key not in self._running:
                self._starts.queue(event)
            case Due(key, Continuing(_, number)) if self._running.get(key) == number:
                self._starts.queue(event)
            case Continuing(key, number) if self._running.get(key) == number:
                self._starts.schedule_again(event)
            case Refused(key, error) if key in self._run.progress.active:
                self._drop(key)
                self.settled.add(key, "failed", str(error))
                self._follow(self._run.progress.ended(key, "failed"))
            case Waiting(key, number, state) if self._running.get(key) == number:
                self._starts.give_back(key)
                self._run.progress.moved(key, state)

    def _has_ended(self, key: InstanceKey) -> None:
        self._running.pop(key, None)
        self._starts.give_back(key)
        record = self._tries.ended(key)
        self._metrics.ended(record)
        self._on_ended(TaskInstanceResult.of(record))
        if record.is_final:
            self._follow(self._run.progress.ended(key, record.state, frozenset(record.skips)))
        else:
            self._run.progress.moved(key, record.state)
            self._starts.schedule(key)

    # -- Requests

    def _carry_out_requests(self) -> bool:
        """Carry out new requests, unless the run is being stopped. Return True if there are new decisions."""
        return not self._is_stopping and carry_out_all(self, self._run, self._inbox, self._logger)

    def is_running(self, key: InstanceKey) -> bool:
        return key in self._running

    def _kill(self, key: InstanceKey, message: str) -> None:
        """Kill a running try that will be repeated, and record its end.

        If this try still reports an outcome, the outcome is ignored.
        """
        number, shown = self._running[key], self._task_runs.shown(key)
        (start, pushed), now = self._drop(key), time.time()
        record = Record(
            *key,
            number,
            "up_for_retry",
            now,
            str(shown),
            start_date=start,
            xcom_keys=pushed,
            error=message,
            retry_at=now,
        )
        self._run.records.write(record)

    def begin_again(
        self,
        keys: Collection[InstanceKey],
        states: Mapping[InstanceKey, SettledState],
        id_: str,
        killed: str,
        *,
        reason: str = "",
    ) -> None:
        """Clear task instances or mark them with new states, and then decide again which instances run.

        Running instances that are not cleared continue.

        Args:
            keys: The instances whose records are cleared. Running instances are killed.
            states: The new state of each instance that is marked with a state, and not only cleared.
            id_: The id of the request.
            killed: The message that is recorded for the killed instances.
            reason: Why instances get new states; empty if a request marks the instances.
        """
        run, waiting = self._run, self._run.progress.active - self._running.keys()
        for key in keys:
            if key in self._running:
                self._kill(key, killed)
        active = {key: run.progress.states[key] for key in self._running}
        clear(run.records, run.graph, keys, active=active, request=id_)
        run.lists_to_map.clear()
        run.mapped_values.clear()
        for key, state in states.items():
            self.settled.add(key, state, reason or f"Marked as {state} by a request.")
        self.settled.wait()
        waiting -= self._starts.end_delays(keys)
        run.progress = progress_of(run.records, run.graph, run.version, active=active)
        self._task_runs.forget_summaries()
        self._end = None
        decisions = run.progress.begin()
        still = waiting & {each.key for each in decisions if isinstance(each, Ready)}
        self._starts.end_delays(waiting - still)
        for key in waiting - still:
            self._starts.drop(key)
        self._follow(each for each in decisions if not (isinstance(each, Ready) and each.key in still))

    # -- Ending a run early

    def _drop(self, key: InstanceKey) -> Stopped:
        """Cancel a waiting instance, or kill its running try without waiting until the try has ended."""
        self._starts.drop(key)
        return self._tries.stop(key, self._running.pop(key)) if key in self._running else NOT_BEGUN

    def stop(self, reason: str, state: SettledState, *, run_state: str = "failed") -> None:
        """Stop the run: kill running instances, skip waiting ones, and run the teardowns to their ends.

        Args:
            reason: Airflow's name for the reason why the run ended.
            state: The state that running task instances get.
            run_state: The final state of the run.
        """
        for key, number in [*self._running.items()]:
            record = self._run.records.latest(key)
            if record is not None and record.ran and record.try_number == number:
                # The try has recorded its outcome, and the loop has not taken its event yet.
                self._has_ended(key)
        if reason == "cancelled":
            self._run.records.write_stopped(self._run.progress.unfinished())
        self._is_stopping = True
        self._starts.stop()
        waiting = [key for key in self._run.progress.active if key not in self._running]
        self._follow(self._run.progress.stop(state))
        for key in waiting:
            if key in self._run.progress.active:
                # The instance is a teardown that was waiting for a delay, the previous run, or slots of a pool.
                self._starts.drop(key)
                self._starts.schedule(key)
        while self._end is None or self._running:
            self._start_ready()
            self._take(self._next_event())
        self.settled.wait()
        self._end = RunEnd(run_state, reason, time.time())
