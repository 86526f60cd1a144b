"""Finds the index that `ti.map_index` returns in a mapped run. Prefect doesn't store this index, so `map` records it.

For runs in threads of the process that called `map`, the indexes are kept in memory. For tasks in other processes,
`map` stores the indexes as an XCom in the flow's result storage.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect.context import FlowRunContext

from .._airflow.context_keys import PAGE
from .._prefect.internals.results import is_in_other_process, runs_in_threads
from .._prefect.map_indexes import CHANGED, INDEXES, UNMAPPED, remember
from .._prefect.polling import poll_until
from ..errors import UnsupportedFeatureError
from ._rules import TaskInstanceAddress, body_of
from ._storage import keep, read

if TYPE_CHECKING:
    from prefect import Task
    from prefect.client.schemas.objects import TaskRun

# How many seconds a run waits for `map` to return.
_MAPPED_WITHIN = 5.0
_POLL = 0.05

_going_on: set[str] = set()


@contextmanager
def mapping(task: Task[..., Any], mapping_id: str) -> Iterator[list[UUID]]:
    """Record the runs of one `map` call. The caller appends the run ids to the yielded list in order.

    `mapping_id` is the id of the `map` call.
    """
    runs: list[UUID] = []
    with CHANGED:
        _going_on.add(mapping_id)
    try:
        yield runs
    finally:
        with CHANGED:
            remember(runs)
            _going_on.discard(mapping_id)
            CHANGED.notify_all()
    context = FlowRunContext.get()
    if context and context.flow_run and not runs_in_threads(context):
        body = body_of(json.dumps([str(id_) for id_ in runs]), time.time())
        keep(TaskInstanceAddress(context.flow_run.id, "", task.name), {_key(mapping_id): body}, durable=True)


def index_of(task_run: TaskRun, task: Task[..., Any]) -> int:
    """Return the run's index in its `map` call; -1 for a run without `map`.

    Raises:
        UnsupportedFeatureError: `map` has not returned yet, so the index is unknown.
        XComStorageError: Reading the flow's result storage fails.
    """
    mapping_id: str | None = getattr(task, "mapping_id", None)
    if mapping_id is None:
        return UNMAPPED
    context = FlowRunContext.get()
    if context and is_in_other_process(context):
        index = _in_storage(task_run, task, mapping_id)
    else:
        with CHANGED:
            CHANGED.wait_for(lambda: task_run.id in INDEXES or mapping_id not in _going_on, _MAPPED_WITHIN)
            index = INDEXES.get(task_run.id)
    if index is None:
        raise UnsupportedFeatureError(f"ti.map_index of {task_run.name!r} is not known before map returns. See {PAGE}.")
    return index


def _in_storage(task_run: TaskRun, task: Task[..., Any], mapping_id: str) -> int | None:
    with CHANGED:
        if task_run.id in INDEXES:
            return INDEXES[task_run.id]
    run = task_run.flow_run_id
    if run is None:
        return UNMAPPED
    look = partial(read, TaskInstanceAddress(run, "", task.name), run, task.name, UNMAPPED, _key(mapping_id))
    body = poll_until(look, lambda found: found is not None, within=_MAPPED_WITHIN, every=_POLL)
    if body is None:
        return None
    with CHANGED:
        remember(UUID(id_) for id_ in json.loads(body)["value"])
        return INDEXES.get(task_run.id)


def _key(mapping_id: str) -> str:
    return f"map~{mapping_id}"
