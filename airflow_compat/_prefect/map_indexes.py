"""The number of a mapped task's run, `ti.map_index`: Prefect doesn't keep it, so that it is noted when `map` is called.

In memory, for runs in threads of the process that called `map`; and where tasks run in other processes, in the flow's
result storage, as an XCom of its own.
"""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect.context import FlowRunContext
from prefect.task_runners import ThreadPoolTaskRunner

from .._airflow.context import PAGE
from .._airflow.xcom import Where, body_of
from ..errors import UnsupportedFeatureError
from .xcom_store import keep, read

if TYPE_CHECKING:
    from prefect import Task
    from prefect.client.schemas.objects import TaskRun

UNMAPPED = -1
_LABEL = "airflow-compat.map-index"
# Runs that are remembered: those of many flow runs.
_MOST = 50_000
# A run may begin before `map` has returned, which has only to hand over the rest.
_MAPPED_WITHIN = 5.0
_POLL = 0.05

_indexes: OrderedDict[UUID, int] = OrderedDict()
_going_on: set[str] = set()
_changed = threading.Condition()


@contextmanager
def mapping(task: Task[..., Any], mapping_id: str) -> Iterator[list[UUID]]:
    """While a task is mapped; the ids of its runs are to be put into the list, in their order.

    Args:
        task: The task.
        mapping_id: What tells this call of `map` from others; the runs' tasks have it as their own `mapping_id`.
    """
    runs: list[UUID] = []
    with _changed:
        _going_on.add(mapping_id)
    try:
        yield runs
    finally:
        with _changed:
            _indexes.update((id_, index) for index, id_ in enumerate(runs))
            while len(_indexes) > _MOST:
                _indexes.popitem(last=False)
            _going_on.discard(mapping_id)
            _changed.notify_all()
    context = FlowRunContext.get()
    if context and context.flow_run and not isinstance(context.task_runner, ThreadPoolTaskRunner):
        body = body_of(json.dumps([str(id_) for id_ in runs]), time.time())
        keep(Where(context.flow_run.id, "", task.name), {_key(mapping_id): body}, durable=True)


def note_index(task_run: TaskRun) -> None:
    """Put a run's number into its labels, which go to the server with its next state, if `map` has told it by now."""
    with _changed:
        index = _indexes.get(task_run.id)
    if index is not None:
        task_run.labels[_LABEL] = index


def known_index(task_run: TaskRun) -> int:
    """The number of a run whose task isn't at hand, by its labels or this process; -1 where neither tells.

    Args:
        task_run: The run, as the server or its own process has it.
    """
    label = task_run.labels.get(_LABEL)
    with _changed:
        return label if isinstance(label, int) else _indexes.get(task_run.id, UNMAPPED)


def index_of(task_run: TaskRun, task: Task[..., Any]) -> int:
    """The run's number among those that one call of `map` made; -1 for one that was called by itself.

    Raises:
        UnsupportedFeatureError: It isn't known: `map` has not returned, or none of our decorators is above the task.
        XComStorageError: The flow's result storage can't be read.
    """
    mapping_id: str | None = getattr(task, "mapping_id", None)
    if mapping_id is None:
        return UNMAPPED
    context = FlowRunContext.get()
    if context and context.detached:
        index = _in_storage(task_run, task, mapping_id)
    else:
        with _changed:
            _changed.wait_for(lambda: task_run.id in _indexes or mapping_id not in _going_on, _MAPPED_WITHIN)
            index = _indexes.get(task_run.id)
    if index is None:
        raise UnsupportedFeatureError(
            f"ti.map_index of {task_run.name!r} isn't known yet: map has not returned; see {PAGE}"
        )
    return index


def _in_storage(task_run: TaskRun, task: Task[..., Any], mapping_id: str) -> int | None:
    with _changed:
        if task_run.id in _indexes:
            return _indexes[task_run.id]
    if task_run.flow_run_id is None:
        return UNMAPPED
    until = time.monotonic() + _MAPPED_WITHIN
    where = Where(task_run.flow_run_id, "", task.name)
    while (body := read(where, task_run.flow_run_id, task.name, UNMAPPED, _key(mapping_id))) is None:
        if time.monotonic() > until:
            return None
        time.sleep(_POLL)
    with _changed:
        _indexes.update((UUID(id_), index) for index, id_ in enumerate(json.loads(body)["value"]))
        return _indexes.get(task_run.id)


def _key(mapping_id: str) -> str:
    return f"map~{mapping_id}"
