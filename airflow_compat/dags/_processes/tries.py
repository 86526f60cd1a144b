"""Tries whose operators run in child processes, as objects in the flow's process."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any

from prefect.context import FlowRunContext, TaskRunContext

from ..._prefect.internals.contexts import context_data
from ..._prefect.run_logger import logger_of
from ...errors import TaskProcessError
from ...operators._dag_runs import dag_runs
from ...operators._outcome import Outcome
from ...xcom._storage import held_slots, stored_elsewhere
from .._instances import forget_earlier_try, rebuilt_error, state_of_record, state_of_stopped, try_in_task_run
from .._records import moment
from .channel import GRACE
from .children import Children
from .logs import write_log
from .messages import Answer, Ask, Broken, CallCallbacks, Called, Execute, Executed, Limited, Logged, Pushed, RunFacts

if TYPE_CHECKING:
    from datetime import datetime

    from prefect.client.schemas.objects import State

    from ...operators._outcome import Resume
    from .._instances import Try
    from .._records import Record
    from .._run import DagRunState
    from .._task_runs import Request
    from .children import Child

_LATE = "The process of the task was killed, because it continued after its execution_timeout"
_OF_OTHER_DAGS = ("dag", "trigger", "wait", "runs", "task_states")


class ProcessTries:
    """The tries of one run, and the child processes that execute them."""

    def __init__(self, run: DagRunState) -> None:
        assert run.loaded is not None
        context = FlowRunContext.get()
        assert context is not None
        facts = RunFacts(
            run.loaded.source, run.dag.dag_id, run.run_id, run.dates, run.conf, context_data(context), dict(os.environ)
        )
        self._run, self._children = run, Children(facts)

    def begin(self, request: Request) -> ProcessTry:
        """Prepare a try in the task run that this thread executes."""
        context = TaskRunContext.get()
        assert context is not None
        start = time.time()
        forget_earlier_try(self._run, request, start)
        return ProcessTry(self._run, request, context, start, self._children)

    def close(self) -> None:
        """End the processes."""
        self._children.close()


class ProcessTry:
    """A try of a task instance while the try runs, including its waits. The class has the same methods as `Try`."""

    def __init__(
        self, run: DagRunState, request: Request, context: TaskRunContext, start: float, children: Children
    ) -> None:
        self.request, self.task_run = request, context.task_run
        self.is_stopped = False
        self._run, self.start, self._children = run, start, children
        self._data = context_data(context)
        self._wait_began: datetime | None = None
        self._is_first = True
        self.pushed: dict[str, None] = {}
        self._record: Record | None = None
        # The try that records the outcome if the child process has ended.
        self._instead: Try | None = None
        self._child: Child | None = None
        # `stop` must end only a process that executes this try.
        self._lock = threading.Lock()

    def execute(self, resume: Resume | None = None) -> Outcome:
        """Execute the operator once in a child process."""
        message = Execute(
            self.request,
            self._data,
            self.start,
            self._wait_began,
            resume,
            self._is_first,
            tuple(self.pushed),
            self._run.records.lengths,
            self._run.records.first_tries.get(self.request.key, 1),
        )
        self._is_first = False
        try:
            self._take_child()
            executed: Executed = self._tell(message)
        except TaskProcessError as error:
            return self._failed(error)
        outcome, self._record = executed.outcome, executed.record
        if self._record is None:
            self._give_back()
            if outcome.state == "up_for_reschedule" and self._wait_began is None:
                self._wait_began = moment(self.start)
        return outcome

    def stop(self) -> None:
        """Tell the child to call `on_kill` and to end. From now on, this object records nothing."""
        with self._lock:
            self.is_stopped = True
            if self._child is not None and self._record is None:
                self._child.terminate()

    def end(self) -> State[Any]:
        """Record the outcome, tell the child to call the callbacks, and return the state of the task run."""
        try:
            if self.is_stopped:
                return state_of_stopped()
            if self._instead is not None:
                return self._instead.end()
            record = self._record
            assert record is not None
            self._run.records.write(record)
            if record.has_callbacks:
                try:
                    self._tell(CallCallbacks(record))
                except TaskProcessError as error:
                    logger_of(self.task_run).error("The callbacks of %s were not called: %s", self.request.name, error)
            return state_of_record(record, rebuilt_error(record))
        finally:
            self._give_back()

    def _take_child(self) -> None:
        child = self._children.take()
        with self._lock:
            self._child = child
            if self.is_stopped:
                child.terminate()

    def _give_back(self) -> None:
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            self._children.give_back(child)

    def _tell(self, message: Execute | CallCallbacks) -> Any:
        """Send a message to the child, and return the last of its answers."""
        child = self._child
        assert child is not None
        child.send(message)
        while True:
            match child.receive():
                case Logged(values):
                    write_log(values)
                case Pushed(key, name):
                    stored_elsewhere(self._run.flow_run.id, (*key, name))
                    self.pushed[name] = None
                case Ask() as ask:
                    child.send(self._answer(ask))
                case Limited(seconds):
                    child.kill_after(seconds + GRACE, _LATE)
                case Broken(error):
                    child.is_retired = True
                    raise TaskProcessError(error)
                case Executed() | Called() as last:
                    child.spare()
                    return last

    def _answer(self, ask: Ask) -> Answer:
        try:
            return Answer(self._found(ask))
        except Exception as error:  # noqa: BLE001 - the task gets it
            return Answer(error=error)

    def _found(self, ask: Ask) -> Any:
        run = self._run
        match ask.name:
            case "records":
                return run.records.all(), run.records.first_tries
            case "slots":
                slots = held_slots(run.flow_run.id)
                return slots if slots is None else slots[ask.args[0] :]
            case "map_indexes":
                return run.progress.map_indexes_for(*ask.args)
        assert ask.name in _OF_OTHER_DAGS
        return getattr(dag_runs("A task"), ask.name)(*ask.args, **ask.kwargs)

    def _failed(self, error: TaskProcessError) -> Outcome:
        """Return the outcome of a try whose process has ended.

        The callbacks of a try whose process has ended are called in this process.
        """
        if not self.is_stopped:
            logger_of(self.task_run).error("Task failed: %s", error)
        self._instead = try_in_task_run(self._run, self.request, self.start, pushed=self.pushed)
        self._instead.outcome = outcome = Outcome("failed", error=error, may_retry=True)
        return outcome
