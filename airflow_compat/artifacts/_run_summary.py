"""Collects the data of a flow run's summary."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, State, TaskRun
from prefect.context import FlowRunContext, TaskRunContext

from .._airflow.data_interval import run_id
from .._airflow.version import DEFAULT_VERSION
from .._prefect.instance_keys import TRY, task_in_key
from .._prefect.polling import poll_until
from .._prefect.run_dates import run_dates
from .._prefect.runs import callback_runs, flow_run_and_states, instance_times, state_name, task_name, task_runs
from ..errors import ContextNotFoundError
from ..logs._masking import redact
from ..pools._server_history import slots_taken
from ._summary_text import PoolLine, RunSummary, TaskLine

# Waiting times for task runs, in seconds. Task runs reach the server as events, several seconds late on a busy machine.
# While the flow is running, its tasks may run much longer. A flow may also have no task runs.
_SETTLED_WITHIN = 2.0
_SETTLED_AFTER_END = 15.0
_FIRST_AFTER_END = 5.0
_SETTLED_POLL = 0.2
_SAME_LOOKS = 3


def summarized_run(given: FlowRun | UUID | str | None) -> UUID:
    """Return the id of the given flow run, or of the current one."""
    if given is None:
        flow_context = FlowRunContext.get()
        if flow_context and flow_context.flow_run:
            return flow_context.flow_run.id
        task_context = TaskRunContext.get()
        if task_context and task_context.task_run.flow_run_id:
            return task_context.task_run.flow_run_id
        raise ContextNotFoundError("run_summary() was called outside a flow. Pass the flow run.")
    return given.id if isinstance(given, FlowRun) else UUID(str(given))


def summarize(flow_run_id: UUID, state: State[Any] | None = None) -> tuple[FlowRun, RunSummary]:
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
        tasks=[_task_line(runs) for runs in _by_instance(tasks)],
        pools=[
            PoolLine(taken.pool, names.get(taken.task_run_id, ""), taken.slots, taken.waited)
            for taken in slots_taken(flow_run_id)
        ],
        callbacks=[
            (run.name, (run.state and run.state.message) or "It is being called") for run in callback_runs(flow_run_id)
        ],
    )


def _patience(state: State[Any] | None) -> tuple[float, float]:
    """Return how many seconds to wait for the first task run, and for all task runs."""
    if state is None or not state.is_final():
        return _SETTLED_WITHIN, _SETTLED_WITHIN
    # If the flow ended some time ago, the server already has most task runs.
    since = (datetime.now(timezone.utc) - state.timestamp).total_seconds()
    return _FIRST_AFTER_END - since, _SETTLED_AFTER_END - since


def _settled_tasks(flow_run_id: UUID, for_first: float, for_all: float) -> list[TaskRun]:
    """Wait until all task runs have ended and no new ones appear, and return them."""
    own = TaskRunContext.get()
    own_id = own.task_run.id if own else None
    until_first = time.monotonic() + for_first
    before: list[UUID] = []
    looks = 0

    def is_settled(runs: list[TaskRun]) -> bool:
        nonlocal before, looks
        ids = [run.id for run in runs]
        looks = looks + 1 if ids == before else 1
        before = ids
        ended = all(run.state and run.state.is_final() for run in runs if run.id != own_id)
        return ended and looks >= _SAME_LOOKS if ids else time.monotonic() > until_first

    return poll_until(lambda: task_runs(flow_run_id), is_settled, within=for_all, every=_SETTLED_POLL)


def _by_instance(runs: list[TaskRun]) -> Iterable[list[TaskRun]]:
    """Group task runs: in the run of a DAG file, each try of a task instance is a task run of its own."""
    groups: dict[object, list[TaskRun]] = {}
    for run in runs:
        groups.setdefault(run.name if task_in_key(run.task_key) else run.id, []).append(run)
    return groups.values()


def _task_line(runs: list[TaskRun]) -> TaskLine:
    run = runs[-1]
    is_of_dag = bool(task_in_key(run.task_key))
    is_bad = run.state is not None and (run.state.is_failed() or run.state.is_crashed())
    start, end = instance_times(runs) if is_of_dag else (run.start_time, run.end_time)
    took = end - start if start and end else None
    return TaskLine(
        # The name of a DAG file's task instance already contains its map index.
        task_id=run.name if is_of_dag else task_name(run),
        state=state_name(run.state),
        tries=sum(each.task_key.startswith(TRY) for each in runs) if is_of_dag else run.run_count,
        took=None if took is None else timedelta(seconds=took.total_seconds()),
        # Masks secrets before the markdown table escapes characters in them.
        reason=redact(run.state.message or "") if is_bad and run.state else "",
    )
