"""Actions at the end of a task's function, for which Prefect has no hook."""

from __future__ import annotations

import inspect
from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext, TaskRunContext
from prefect.states import Crashed
from prefect.utilities.asyncutils import run_coro_as_sync

from .._prefect.claims import claimed, task_event
from .._prefect.internals.hooks import hooks_of
from .._prefect.run_logger import Logger, logger_of
from ..errors import AirflowCompatError, XComValueError
from ..xcom._map_indexes import index_of
from ._hooks import is_ours

if TYPE_CHECKING:
    from prefect.client.schemas.objects import TaskRun

OUTPUTS = "__airflow_compat_outputs__"
"""The attribute of a task's function that tells how many XComs to store for its result: `one`, `many` or `none`."""


def call_failure_hooks(context: TaskRunContext, exc: BaseException) -> None:
    """Call the task's failure callbacks when a signal ends the process, as Airflow does.

    Each call is recorded on the server, so that an alert does not call the callback again.
    """
    task, task_run = context.task, context.task_run
    state: Any = Crashed(message=f"The task was ended by {type(exc).__name__}", data=exc)
    logger = logger_of(task_run)
    named: Counter[str] = Counter()
    for hook in filter(is_ours, hooks_of(task, "failure")):
        name = hook.__name__
        try:
            with _claimed(task_run, named[name], name, logger) as is_to_call:
                result: Any = hook(task, task_run, state) if is_to_call else None
                if inspect.iscoroutine(result):
                    run_coro_as_sync(result)
        except Exception:
            # The next hook is called even if this one raises any exception.
            logger.exception("Hook %r raised an exception", name)
        named[name] += 1


def _claimed(task_run: TaskRun, position: int, name: str, logger: Logger) -> AbstractContextManager[bool]:
    if task_run.flow_run_id is None:
        return nullcontext(True)
    return claimed(task_run.flow_run_id, "on_failure", position, name, logger, event=task_event(task_run.id))


def remember_return(context: TaskRunContext, value: object) -> None:
    """Store a task's return value for `xcom_pull`, unless it is a state. If it can't be stored, only log the error.

    Raises:
        XComValueError: The task has `multiple_outputs`, and its return value is not a dict.
    """
    from ..xcom import TaskInstanceAddress, remember_return

    task_run, flow_context = context.task_run, FlowRunContext.get()
    if task_run.flow_run_id is None or flow_context is None or flow_context.flow is None or isinstance(value, State):
        return
    outputs = getattr(context.task.fn, OUTPUTS, "one")
    if outputs == "none":
        # None is stored, so that `xcom_pull` finds it and doesn't search Prefect's results.
        value = None
    try:
        where = TaskInstanceAddress(
            task_run.flow_run_id,
            flow_context.flow.name,
            context.task.name,
            index_of(task_run, context.task),
            flow=flow_context.flow,
        )
        remember_return(where, value, multiple_outputs=outputs == "many")
    except XComValueError:
        raise
    except AirflowCompatError as exc:
        logger_of(task_run).debug("The return value of %s was not stored as XCom: %s", context.task.name, exc)
