"""Which of its tasks a flow run failed of, or ended with."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from uuid import UUID

from prefect import Task
from prefect.client.schemas.objects import State, StateType, TaskRun
from prefect.client.schemas.sorting import TaskRunSort
from prefect.exceptions import ObjectNotFound

from ..errors import ServerError
from .claims import is_claim
from .client import kept_client
from .failures import server_call
from .runs import task_name

# Task runs reach the server as events, a little after the fact, in seconds.
_RECORDED_WITHIN = 1.0
_RECORDED_POLL = 0.1
_HEARD_WITHIN = 10.0
_PAGE = 50
_FAILED = (StateType.FAILED, StateType.CRASHED)
_UNFINISHED = (StateType.PENDING, StateType.RUNNING)
_SKIPPED, _NOT_READY = "Skipped", "NotReady"

_CONSEQUENCES = ("UpstreamTaskError", "UnfinishedRun")
# As `prefect.utilities.engine` and `prefect.states` write them.
_UPSTREAM = re.compile(r"Upstream task run '([0-9a-f-]{36})' did not reach")
_NOT_FINAL = re.compile(r"\d+/\d+ states are not final")


@dataclass(frozen=True)
class EndedTask:
    """A task run that ended.

    Attributes:
        name: Its task's name.
        run: The run.
        state: The state that it ended in.
        task: The task, where this process has it at hand.
    """

    name: str
    run: TaskRun
    state: State[object]
    task: Task[..., Any] | None = None


def failed_task(exception: BaseException | None, flow_run_id: UUID, *, crashed: bool) -> EndedTask | None:
    """The task that a flow run failed of; None when its own body failed.

    From the exception, where it passed through a task in this process, or tells of one of the run's; else, where the
    run crashed, the one that was running when it did; else the one of the server's that failed last.
    """
    return (
        task_in_traceback(exception)
        or _of_the_run(failed_upstream(exception), flow_run_id)
        or (_ended(running_task(flow_run_id)) if crashed else None)
        or _latest(flow_run_id, _FAILED)
    )


@server_call
def latest_task_run(flow_run_id: UUID, types: Collection[StateType], sort: TaskRunSort) -> TaskRun | None:
    """The first of a flow run's task runs in these states and this order; None when there is none.

    Never a claim, nor a task that was skipped.
    """
    return next((run for run in _task_runs(flow_run_id, types, sort) if run.state_name != _SKIPPED), None)


@server_call
def running_task(flow_run_id: UUID) -> TaskRun | None:
    """The task that a flow run was in when its process died: of those that never ended, the one that began last.

    None when the run's last attempt was in no task. Waits a second for what the process told before it died.
    """
    try:
        run_count = kept_client().read_flow_run(flow_run_id).run_count
    except ObjectNotFound:
        return None
    until = time.monotonic() + _RECORDED_WITHIN
    while True:
        running = _task_runs(flow_run_id, [StateType.RUNNING], TaskRunSort.EXPECTED_START_TIME_DESC)
        # What an attempt before was in when it died as well stays running for ever.
        current = [(run.start_time, run) for run in running if run.start_time and run.flow_run_run_count == run_count]
        if current or time.monotonic() > until:
            return max(current, key=itemgetter(0), default=(None, None))[1]
        time.sleep(_RECORDED_POLL)


@server_call
def lost_task(flow_run_id: UUID) -> EndedTask | None:
    """The task that a flow run was in when its process died; None when it was in none.

    A process that is told to end may yet say that its task crashed.
    """
    return _ended(running_task(flow_run_id)) or _crashed(flow_run_id)


@server_call
def known_task(task_run_id: UUID, *, ended: bool = False) -> EndedTask:
    """The task of a task run that the server has, or is about to have.

    Args:
        task_run_id: The task run.
        ended: Wait for the end of a run that has ended, or was not begun since one before it failed.

    Raises:
        ServerError: The server doesn't get it.
    """
    until = time.monotonic() + _HEARD_WITHIN
    while True:
        with suppress(ObjectNotFound):
            found = _ended(kept_client().read_task_run(task_run_id))
            if found and (not ended or found.state.is_final() or found.state.name == _NOT_READY):
                return found
        if time.monotonic() > until:
            raise ServerError(f"the server has no task run {task_run_id}; it may have been deleted")
        time.sleep(_RECORDED_POLL)


def last_task(flow_run_id: UUID) -> EndedTask | None:
    """The task of a flow run that succeeded last, as far as the server knows; None where there was none."""
    return _latest(flow_run_id, [StateType.COMPLETED])


def is_consequence(exception: BaseException | None) -> bool:
    """Return True if Prefect raised it since a task before has failed, or since a run has no result yet."""
    name = getattr(exception, "type_name", None) or type(exception).__name__
    return name in _CONSEQUENCES or _NOT_FINAL.match(str(exception)) is not None


def failed_upstream(exception: BaseException | None) -> EndedTask | None:
    """The task that failed first of those that an `UpstreamTaskError` tells of; None for other exceptions."""
    found, message = None, str(exception) if is_consequence(exception) else ""
    while named := _UPSTREAM.search(message):
        try:
            found = known_task(UUID(named[1]), ended=True)
        except ServerError:
            break
        message = found.state.message or ""
    return found


def task_in_traceback(exception: BaseException | None) -> EndedTask | None:
    """The task of this process that an exception passed through; None when there is none."""
    # The server has a task run only some time after it failed, and an alert must not name another one meanwhile.
    traceback = exception.__traceback__ if exception else None
    while traceback:
        frame = traceback.tb_frame
        if frame.f_globals.get("__name__") == "prefect.task_engine":
            engine = frame.f_locals.get("engine")
            task, task_run = getattr(engine, "task", None), getattr(engine, "task_run", None)
            if isinstance(task, Task) and isinstance(task_run, TaskRun) and (state := task_run.state):
                # One whose upstream failed has not been called.
                return None if state.is_pending() else EndedTask(task.name, task_run, state, task)
        traceback = traceback.tb_next
    return None


def _of_the_run(found: EndedTask | None, flow_run_id: UUID) -> EndedTask | None:
    return found if found and found.run.flow_run_id == flow_run_id else None


def _latest(flow_run_id: UUID, types: Collection[StateType]) -> EndedTask | None:
    # The server hears of a process's task runs in their order, so that one look may come before the last of them.
    until, before = time.monotonic() + _RECORDED_WITHIN, None
    while True:
        found = _ended(latest_task_run(flow_run_id, types, TaskRunSort.END_TIME_DESC))
        settled = found is not None and before is not None and found.run.id == before.run.id
        if time.monotonic() > until or (settled and not _has_unfinished(flow_run_id)):
            return found
        before = found
        time.sleep(_RECORDED_POLL)


def _has_unfinished(flow_run_id: UUID) -> bool:
    return latest_task_run(flow_run_id, _UNFINISHED, TaskRunSort.END_TIME_DESC) is not None


def _crashed(flow_run_id: UUID) -> EndedTask | None:
    """The task of the run's last attempt that crashed last."""
    found = latest_task_run(flow_run_id, [StateType.CRASHED], TaskRunSort.END_TIME_DESC)
    attempt = kept_client().read_flow_run(flow_run_id).run_count
    return _ended(found) if found and found.flow_run_run_count == attempt else None


def _ended(run: TaskRun | None) -> EndedTask | None:
    return EndedTask(task_name(run), run, run.state) if run and run.state else None


def _task_runs(flow_run_id: UUID, types: Collection[StateType], sort: TaskRunSort) -> Iterator[TaskRun]:
    body = {
        "flow_runs": {"id": {"any_": [str(flow_run_id)]}},
        "task_runs": {"state": {"type": {"any_": [type_.value for type_ in types]}}},
        "sort": sort.value,
        "limit": _PAGE,
    }
    for offset in itertools.count(0, _PAGE):
        found = kept_client().request("POST", "/task_runs/filter", json={**body, "offset": offset}).json()
        # The server has no filter that leaves claims out.
        yield from itertools.filterfalse(is_claim, map(TaskRun.model_validate, found))
        if len(found) < _PAGE:
            return
