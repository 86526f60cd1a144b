"""Gives task instances their states without a try, such as skipped, and shows these states."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect.futures import wait

from .._airflow.graph import InstanceKey
from ._records import Record
from ._result import TaskInstanceResult
from ._task_runs import TaskRuns, shown_state

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State
    from prefect.futures import PrefectFuture

    from ._run import DagRunState


class SettledStates:
    """The states that task instances of one run get without a try.

    Args:
        run: The run.
        task_runs: The task runs that show the states.
        on_ended: A function that is called for each state.
    """

    def __init__(self, run: DagRunState, task_runs: TaskRuns, on_ended: Callable[[TaskInstanceResult], None]) -> None:
        self._records, self._task_runs, self._on_ended = run.records, task_runs, on_ended
        self._shown: list[PrefectFuture[Any]] = []

    def add(
        self, key: InstanceKey, state: str, message: str, killed: int | None = None, start: float | None = None
    ) -> None:
        """Record a state, and show it. As in Airflow, the instance keeps the start and the end of its last try.

        Args:
            key: The instance.
            state: The state.
            message: The message of the task run that shows the state.
            killed: The number of the try that was killed, if any.
            start: The start of this try, in seconds since the epoch; None if the try has not begun.
        """
        tries, end = killed, None
        if tries is None:
            earlier, tries = self._records.try_before(key), self._records.tries(key)
            if earlier is not None and earlier.has_begun:
                start, end = earlier.start_date, earlier.ended_at
        record = Record(*key, tries, state, time.time(), "", ran=False, start_date=start, end_date=end)

        def state_in(task_run_id: UUID) -> State[Any]:
            self._records.write(replace(record, at=time.time(), task_run_id=str(task_run_id)))
            return shown_state(state, message)

        self._shown.append(self._task_runs.mark(key, self._task_runs.edges_to(key), state_in))
        self._on_ended(TaskInstanceResult.of(record))

    def wait(self) -> None:
        """Wait until the states are recorded and shown."""
        wait(self._shown)
        self._shown.clear()
