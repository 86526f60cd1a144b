"""The child process that executes tries. The main thread runs the tasks, so signals work as in Airflow."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, NoReturn

from prefect.logging.loggers import patch_print

from ..._prefect.child_processes import inside_flow_run, inside_task_run
from ..._prefect.internals.logs import send_events_now
from ...errors import UnsupportedFeatureError
from ...exceptions import AirflowTaskTerminated
from ...operators._dag_runs import providing
from ...operators._outcome import Outcome
from .._instances import WAITING, Try, text_of, try_in_task_run
from .channel import Channel
from .child_run import ParentDagRuns, run_in_child
from .logs import send_logs
from .messages import Broken, CallCallbacks, Called, Execute, Executed, Limited, RunFacts
from .process_state import ProcessState

if TYPE_CHECKING:
    from types import FrameType

    from .._flow import DagFlow
    from .._run import DagRunState


def serve(descriptor: int, facts: RunFacts, flow: DagFlow | str) -> NoReturn:
    """Execute tries until the parent ends or closes the connection.

    Args:
        descriptor: The file descriptor of the connection to the parent.
        facts: The facts about the run.
        flow: The DAG's flow; if the file can't be loaded, the text of the error.
    """
    code = 1
    try:
        os.set_inheritable(descriptor, False)
        channel = Channel(Connection(descriptor))
        if isinstance(flow, str):
            channel.next()
            channel.send(Broken(flow))
        else:
            others = ParentDagRuns(channel)
            with inside_flow_run(facts.flow_run, flow), providing(others), patch_print():
                send_logs(channel)
                _Worker(channel, run_in_child(channel, facts, flow)).serve()
            send_events_now()
        code = 0
    except BaseException:  # noqa: BLE001 - the process ends with it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        # Threads that a task started would keep the process alive.
        os._exit(code)


class _Worker:
    """Executes one try after the other."""

    def __init__(self, channel: Channel, run: DagRunState) -> None:
        self._channel, self._run = channel, run
        self._request: Execute | None = None
        self._try: Try | None = None
        self._is_executing = False
        signal.signal(signal.SIGTERM, self._stop)
        self._state = ProcessState.now()

    def serve(self) -> None:
        """Answer the parent's requests."""
        while (request := self._channel.next()) is not None:
            try:
                if isinstance(request, Execute):
                    self._request = request
                with self._inside_task_run():
                    answer = self._execute(request) if isinstance(request, Execute) else self._call_callbacks(request)
                self._channel.send(answer)
            except Exception as error:  # noqa: BLE001 - the parent fails the task
                self._channel.send(Broken(text_of(error)))

    def _inside_task_run(self) -> AbstractContextManager[None]:
        assert self._request is not None
        return inside_task_run(self._request.task_run, self._request.request.task_id)

    def _execute(self, request: Execute) -> Executed:
        self._state.restore()
        run, key = self._run, request.request.key
        run.records.lengths = dict(request.lengths)
        run.records.first_tries = {key: request.first_try}
        self._try = found = try_in_task_run(run, request.request, request.start, pushed=request.pushed)
        found.wait_began, found.is_first, found.pauses = request.wait_began, request.is_first, False
        found.executing = self._executing
        try:
            outcome = found.execute(request.resume)
        finally:
            self._is_executing = False
        if outcome.state in WAITING:
            if not (problem := _problem_of_sending(outcome)):
                return Executed(outcome)
            found.outcome = outcome = Outcome(
                "failed",
                error=UnsupportedFeatureError(
                    f"The trigger of task {key.task_id!r} can't be sent to the process of the flow: {problem}. Use "
                    "isolation='thread', or give the trigger only values that can be pickled."
                ),
            )
        return Executed(Outcome(outcome.state), found.record())

    def _call_callbacks(self, request: CallCallbacks) -> Called:
        assert self._try is not None
        self._try.call_callbacks(request.record)
        return Called()

    def _executing(self) -> None:
        assert self._try is not None
        limit = self._try.operator.execution_timeout
        self._is_executing = True
        if limit is not None:
            self._channel.send(Limited(limit.total_seconds()))

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        """Stop the running try, as Airflow does when it receives SIGTERM."""
        if not self._channel.is_own:
            os._exit(1)
        if self._is_executing and self._try is not None:
            self._is_executing = False
            self._try.call_on_kill()
            raise AirflowTaskTerminated("Task received SIGTERM signal")


def _problem_of_sending(value: object) -> str:
    try:
        pickle.dumps(value)
    except Exception as error:  # noqa: BLE001 - objects of any class
        return text_of(error)
    return ""
