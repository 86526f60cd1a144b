"""Finds the task that made a flow run fail, or the task that ended last."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect.client.schemas.objects import State, StateType, TaskRun
from prefect.client.schemas.sorting import TaskRunSort
from prefect.exceptions import ObjectNotFound

from ..errors import ServerError
from .claims import is_claim
from .client import kept_client
from .failures import server_call
from .internals.engine import is_of_try, task_in_frame
from .pages import items
from .polling import poll_until
from .recorded import wait_until_recorded
from .runs import task_name

if TYPE_CHECKING:
    from prefect import Task

# Seconds. Task runs reach the server as events, so the server knows their states a little later.
_RECORDED_WITHIN = 1.0
_RECORDED_POLL = 0.1
_ALL_RECORDED_WITHIN = 5.0
_HEARD_WITHIN = 10.0
# After a pause, the server receives the task runs one after the other.
_SAME_LOOKS = 3
_PAGE = 50
_FAILED = (StateType.FAILED, StateType.CRASHED)
_UNFINISHED = (StateType.PENDING, StateType.RUNNING)
_SKIPPED, _NOT_READY = "Skipped", "NotReady"

_CONSEQUENCES = ("UpstreamTaskError", "UnfinishedRun")
# The texts of errors in `prefect.utilities.engine` and `prefect.states`.
_UPSTREAM = re.compile(r"Upstream task run '([0-9a-f-]{36})' did not reach")
_NOT_FINAL = re.compile(r"\d+/\d+ states are not final")


@dataclass(frozen=True)
class EndedTask:
    """A task run that ended, and its `Task` object if this process has it."""

    name: str
    run: TaskRun
    state: State[object]
    task: Task[..., Any] | None = None


def failed_task(exception: BaseException | None, flow_run_id: UUID, *, crashed: bool) -> EndedTask | None:
    """Return the task that made a flow run fail; None if the flow's own body failed.

    The first of these that exists is returned: the task in the exception's traceback; the task that the exception
        names; after a crash, the running task; the server's last failed task.
    """
    return (
        task_in_traceback(exception)
        or _of_the_run(failed_upstream(exception), flow_run_id)
        or (_ended(running_task(flow_run_id)) if crashed else None)
        or _latest(flow_run_id, _FAILED)
    )


@server_call
def latest_task_run(flow_run_id: UUID, types: Collection[StateType], sort: TaskRunSort) -> TaskRun | None:
    """Sort the flow run's task runs, and return the first in one of these states, except claims and skipped tasks."""
    return next((run for run in _task_runs(flow_run_id, types, sort) if run.state_name != _SKIPPED), None)


@server_call
def running_task(flow_run_id: UUID) -> TaskRun | None:
    """Return the task in which a flow run's process died: the last started task that never ended, if any.

    Waits a second for events that the process sent before it died.
    """
    try:
        run_count = kept_client().read_flow_run(flow_run_id).run_count
    except ObjectNotFound:
        return None

    def current() -> list[tuple[datetime, TaskRun]]:
        running = _task_runs(flow_run_id, [StateType.RUNNING], TaskRunSort.EXPECTED_START_TIME_DESC)
        # If an earlier attempt died, its tasks still have the state Running.
        return [(run.start_time, run) for run in running if run.start_time and is_of_try(run, run_count)]

    found = poll_until(current, bool, within=_RECORDED_WITHIN, every=_RECORDED_POLL)
    return max(found, key=itemgetter(0), default=(None, None))[1]


@server_call
def lost_task(flow_run_id: UUID) -> EndedTask | None:
    """Return the task in which a flow run's process died, or None.

    After SIGTERM, the process may have reported that its task crashed.
    """
    return _ended(running_task(flow_run_id)) or _crashed(flow_run_id)


@server_call
def known_task(task_run_id: UUID, *, ended: bool = False) -> EndedTask:
    """Return a task run, and the name of its task. Waits until the server has the task run.

    Args:
        task_run_id: The task run.
        ended: Whether to also wait until the run has ended, or until an upstream task has failed.

    Raises:
        ServerError: The server did not receive the run in time.
    """

    def look() -> EndedTask | None:
        try:
            return _ended(kept_client().read_task_run(task_run_id))
        except ObjectNotFound:
            return None

    def is_known(found: EndedTask | None) -> bool:
        return found is not None and (not ended or found.state.is_final() or found.state.name == _NOT_READY)

    found = poll_until(look, is_known, within=_HEARD_WITHIN, every=_RECORDED_POLL)
    if found is None or not is_known(found):
        raise ServerError(f"the server has no task run {task_run_id}; the task run may have been deleted")
    return found


def last_task(flow_run_id: UUID) -> EndedTask | None:
    """Return the flow run's last successful task on the server, or None."""
    return _latest(flow_run_id, [StateType.COMPLETED])


def is_consequence(exception: BaseException | None) -> bool:
    """Return True if Prefect raised the exception because an upstream task failed or a run has no result yet."""
    name = getattr(exception, "type_name", None) or type(exception).__name__
    return name in _CONSEQUENCES or _NOT_FINAL.match(str(exception)) is not None


def failed_upstream(exception: BaseException | None) -> EndedTask | None:
    """Return the task whose failure led to an `UpstreamTaskError`; None for other exceptions."""
    found, message = None, str(exception) if is_consequence(exception) else ""
    while named := _UPSTREAM.search(message):
        try:
            found = known_task(UUID(named[1]), ended=True)
        except ServerError:
            break
        message = found.state.message or ""
    return found


def task_in_traceback(exception: BaseException | None) -> EndedTask | None:
    """Return this process's task that an exception passed through, or None."""
    # The traceback names the failed task without doubt. The server learns late about a failed task run, and an alert
    # must not name another task.
    traceback = exception.__traceback__ if exception else None
    while traceback:
        found = task_in_frame(traceback.tb_frame)
        if found and (state := found[1].state):
            # If an upstream task failed, this task was not called.
            return None if state.is_pending() else EndedTask(found[0].name, found[1], state, found[0])
        traceback = traceback.tb_next
    return None


def _of_the_run(found: EndedTask | None, flow_run_id: UUID) -> EndedTask | None:
    return found if found and found.run.flow_run_id == flow_run_id else None


def _latest(flow_run_id: UUID, types: Collection[StateType]) -> EndedTask | None:
    wait_until_recorded(flow_run_id)
    until_first = time.monotonic() + _RECORDED_WITHIN
    before: UUID | None = None
    looks = 0

    def is_settled(found: TaskRun | None) -> bool:
        # The server gets the task runs of other processes one by one, so the last one may still be missing.
        nonlocal before, looks
        now = found.id if found else None
        before, looks = now, looks + 1 if now == before else 1
        if looks < _SAME_LOOKS or latest_task_run(flow_run_id, _UNFINISHED, TaskRunSort.END_TIME_DESC):
            return False
        return found is not None or time.monotonic() > until_first

    def latest() -> TaskRun | None:
        return latest_task_run(flow_run_id, types, TaskRunSort.END_TIME_DESC)

    return _ended(poll_until(latest, is_settled, within=_ALL_RECORDED_WITHIN, every=_RECORDED_POLL))


def _crashed(flow_run_id: UUID) -> EndedTask | None:
    """Return the last crashed task of the run's last attempt."""
    found = latest_task_run(flow_run_id, [StateType.CRASHED], TaskRunSort.END_TIME_DESC)
    attempt = kept_client().read_flow_run(flow_run_id).run_count
    return _ended(found) if found and is_of_try(found, attempt) else None


def _ended(run: TaskRun | None) -> EndedTask | None:
    return EndedTask(task_name(run), run, run.state) if run and run.state else None


def _task_runs(flow_run_id: UUID, types: Collection[StateType], sort: TaskRunSort) -> Iterator[TaskRun]:
    body = {
        "flow_runs": {"id": {"any_": [str(flow_run_id)]}},
        "task_runs": {"state": {"type": {"any_": [type_.value for type_ in types]}}},
        "sort": sort.value,
    }
    # The server has no filter that leaves claims out.
    return itertools.filterfalse(is_claim, map(TaskRun.model_validate, items("/task_runs/filter", body, size=_PAGE)))
