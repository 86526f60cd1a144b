"""What happens at the end of a task's function, for which Prefect has no hook."""

from __future__ import annotations

import inspect
from typing import Any

from prefect.context import FlowRunContext, TaskRunContext
from prefect.states import Crashed
from prefect.utilities.asyncutils import run_coro_as_sync

from .._prefect.logs import logger_of
from .._prefect.map_indexes import index_of
from ..errors import AirflowCompatError
from .hooks import is_ours


def call_failure_hooks(context: TaskRunContext, exc: BaseException) -> None:
    """The process is told to end while it is in a task: call the task's failure callbacks, as Airflow does."""
    task, task_run = context.task, context.task_run
    state: Any = Crashed(message=f"The task was ended by {type(exc).__name__}", data=exc)
    for hook in filter(is_ours, task.on_failure_hooks):
        try:
            result: Any = hook(task, task_run, state)
            if inspect.iscoroutine(result):
                run_coro_as_sync(result)
        except Exception:  # noqa: BLE001 - whatever it raises, the next is called
            name = hook.__name__
            logger_of(task_run).exception("An error was encountered while running hook %r", name)


def remember_return(context: TaskRunContext, value: object) -> None:
    """What a task returned, for `xcom_pull`; a value that can't be kept changes nothing for the task."""
    from ..xcom import Where, remember_return

    task_run, flow_context = context.task_run, FlowRunContext.get()
    if task_run.flow_run_id is None or flow_context is None or flow_context.flow is None:
        return
    try:
        where = Where(
            task_run.flow_run_id,
            flow_context.flow.name,
            context.task.name,
            index_of(task_run, context.task),
            flow=flow_context.flow,
        )
        remember_return(where, value)
    except AirflowCompatError as exc:
        logger_of(task_run).debug("What %s returned is no XCom: %s", context.task.name, exc)
