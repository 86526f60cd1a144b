"""Which of its tasks a flow run failed of, or ended with."""

from __future__ import annotations

import itertools
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from operator import itemgetter
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


@dataclass(frozen=True)
class EndedTask:
    """A task run that ended, and the name of its task."""

    name: str
    run: TaskRun
    state: State[object]


def failed_task(exception: BaseException | None, flow_run_id: UUID, *, crashed: bool) -> EndedTask | None:
    """The task that a flow run failed of; None when its own body failed.

    From the exception, where it passed through a task in this process; else, where the run crashed, the one that was
    running when it did; else the one of the server's that failed last.
    """
    return (
        _in_traceback(exception)
        or (_ended(running_task(flow_run_id)) if crashed else None)
        or _latest(flow_run_id, _FAILED)
    )


@server_call
def latest_task_run(flow_run_id: UUID, types: Collection[StateType], sort: TaskRunSort) -> TaskRun | None:
    """The first of a flow run's task runs in these states and this order; None when there is none. Never a claim."""
    return next(_task_runs(flow_run_id, types, sort), None)


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
def known_task(task_run_id: UUID) -> EndedTask:
    """The task of a task run that the server has, or is about to have.

    Raises:
        ServerError: The server doesn't get it.
    """
    until = time.monotonic() + _HEARD_WITHIN
    while True:
        with suppress(ObjectNotFound):
            if found := _ended(kept_client().read_task_run(task_run_id)):
                return found
        if time.monotonic() > until:
            raise ServerError(f"the server has no task run {task_run_id}; it may have been deleted")
        time.sleep(_RECORDED_POLL)


def last_task(flow_run_id: UUID) -> EndedTask | None:
    """The task of a flow run that succeeded last, as far as the server knows; None where there was none."""
    return _latest(flow_run_id, [StateType.COMPLETED])


def _in_traceback(exception: BaseException | None) -> EndedTask | None:
    # The server has a task run only some time after it failed, and an alert must not name another one meanwhile.
    traceback = exception.__traceback__ if exception else None
    while traceback:
        frame = traceback.tb_frame
        if frame.f_globals.get("__name__") == "prefect.task_engine":
            engine = frame.f_locals.get("engine")
            task, task_run = getattr(engine, "task", None), getattr(engine, "task_run", None)
            if isinstance(task, Task) and isinstance(task_run, TaskRun) and task_run.state:
                return EndedTask(task.name, task_run, task_run.state)
        traceback = traceback.tb_next
    return None


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
