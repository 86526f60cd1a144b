"""Keeps the exceptions that a flow run's tasks raised in this process, for the flow's callbacks.

Prefect may drop the exceptions of tasks. The exceptions are stored in the flow run's object, and freed with this
object.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect.context import FlowRunContext

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun, TaskRun

_PLACE = "__airflow_compat_raised__"
# The maximum number of stored exceptions. Each stored exception keeps the local variables of its task's function in
# memory.
_MOST = 100
_lock = threading.Lock()


class _Raised(dict[UUID, Exception]):
    """The stored exceptions, by task run. Copies are empty."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _Raised, ()

    def __deepcopy__(self, memo: dict[int, Any]) -> _Raised:
        return _Raised()


def keep_raised(task_run: TaskRun, raised: BaseException | None) -> None:
    """Store the exception of a task's latest try, if it is an `Exception`."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.id != task_run.flow_run_id:
        return
    with _lock:
        kept: _Raised = context.flow_run.__dict__.setdefault(_PLACE, _Raised())
        kept.pop(task_run.id, None)
        if isinstance(raised, Exception):
            kept[task_run.id] = raised
        if len(kept) > _MOST:
            del kept[next(iter(kept))]


def raised_by(task_run: TaskRun, flow_run: FlowRun) -> Exception | None:
    """Return the exception of a flow run's task, or None if this process doesn't know it."""
    with _lock:
        kept: _Raised = flow_run.__dict__.get(_PLACE, _Raised())
        return kept.get(task_run.id)
