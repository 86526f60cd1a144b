"""Gathers what a flow run's summary tells."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, State, TaskRun
from prefect.context import FlowRunContext, TaskRunContext

from .._airflow.data_interval import run_id
from .._airflow.version import DEFAULT_VERSION
from .._logs.masking import redact
from .._prefect.pool_history import slots_taken
from .._prefect.run_dates import run_dates
from .._prefect.runs import callback_runs, flow_run_and_states, state_name, task_name, task_runs
from .._specs.run_summary import CallbackLine, PoolLine, RunSummary, TaskLine
from ..errors import ContextNotFoundError

# Task runs reach the server as events, a little after the fact, in seconds; on a busy machine it takes several. While
# the flow runs, those that run may go on for long. Where none is told of, there may be none: no process counts its own.
_SETTLED_WITHIN = 2.0
_SETTLED_AFTER_END = 15.0
_FIRST_AFTER_END = 5.0
_SETTLED_POLL = 0.2
_SAME_LOOKS = 3


def summarized_run(given: FlowRun | UUID | str | None) -> UUID:
    """The id of the flow run that is meant."""
    if given is None:
        flow_context = FlowRunContext.get()
        if flow_context and flow_context.flow_run:
            return flow_context.flow_run.id
        task_context = TaskRunContext.get()
        if task_context and task_context.task_run.flow_run_id:
            return task_context.task_run.flow_run_id
        raise ContextNotFoundError("run_summary() was called outside a flow; give it the flow run that is meant")
    return given.id if isinstance(given, FlowRun) else UUID(str(given))


def summarize(flow_run_id: UUID, state: State[Any] | None = None) -> tuple[FlowRun, RunSummary]:
    """The flow run and its summary.

    Args:
        flow_run_id: The flow run.
        state: The state that it has ended with, where the server may not have it yet.
    """
    dag_id, flow_run, _ = flow_run_and_states(flow_run_id)
    state = state or flow_run.state
    tasks = _settled_tasks(flow_run_id, *_patience(state))
    names = {str(run.id): task_name(run) for run in tasks}
    return flow_run, RunSummary(
        dag_id=dag_id,
        name=flow_run.name,
        run_id=run_id(run_dates(flow_run, airflow_version=DEFAULT_VERSION), airflow_version=DEFAULT_VERSION),
        state=state_name(state),
        start=flow_run.start_time,
        end=flow_run.end_time or (state.timestamp if state and state.is_final() else None),
        tries=max(flow_run.run_count, 1),
        tasks=[_task_line(run) for run in tasks],
        pools=[
            PoolLine(taken.pool, names.get(taken.task_run_id, ""), taken.slots, taken.waited)
            for taken in slots_taken(flow_run_id)
        ],
        callbacks=[_callback_line(run) for run in callback_runs(flow_run_id)],
    )


def _patience(state: State[Any] | None) -> tuple[float, float]:
    """How long to wait for the first task run to be told of, and for all of them, in seconds."""
    if state is None or not state.is_final():
        return _SETTLED_WITHIN, _SETTLED_WITHIN
    # What ended long ago has been told of by now.
    since = (datetime.now(timezone.utc) - state.timestamp).total_seconds()
    return _FIRST_AFTER_END - since, _SETTLED_AFTER_END - since


def _settled_tasks(flow_run_id: UUID, for_first: float, for_all: float) -> list[TaskRun]:
    """The task runs, once the server seems to know them all."""
    own = TaskRunContext.get()
    own_id = own.task_run.id if own else None
    now = time.monotonic()
    until_first, until = now + for_first, now + for_all
    before: list[UUID] = []
    looks = 0
    while True:
        runs = task_runs(flow_run_id)
        ended = all(run.state and run.state.is_final() for run in runs if run.id != own_id)
        ids = [run.id for run in runs]
        looks = looks + 1 if ids == before else 1
        settled = ended and looks >= _SAME_LOOKS if ids else time.monotonic() > until_first
        if settled or time.monotonic() > until:
            return runs
        before = ids
        time.sleep(_SETTLED_POLL)


def _task_line(run: TaskRun) -> TaskLine:
    is_bad = run.state is not None and (run.state.is_failed() or run.state.is_crashed())
    took = run.end_time - run.start_time if run.start_time and run.end_time else None
    return TaskLine(
        task_id=task_name(run),
        state=state_name(run.state),
        tries=run.run_count,
        took=None if took is None else timedelta(seconds=took.total_seconds()),
        # Before a table's cell escapes what a secret may hold.
        reason=redact(run.state.message or "") if is_bad and run.state else "",
    )


def _callback_line(run: TaskRun) -> CallbackLine:
    message = run.state.message if run.state else None
    return CallbackLine(run.name, message or "It is being called")
