"""What happens at the end of a task's function, for which Prefect has no hook."""

from __future__ import annotations

import inspect
from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from prefect.context import FlowRunContext, TaskRunContext
from prefect.states import Crashed
from prefect.utilities.asyncutils import run_coro_as_sync

from .._prefect.claims import claimed, task_event
from .._prefect.logs import Logger, logger_of
from .._prefect.map_indexes import index_of
from ..errors import AirflowCompatError, XComValueError
from .hooks import is_ours

if TYPE_CHECKING:
    from prefect.client.schemas.objects import TaskRun

OUTPUTS = "__airflow_compat_outputs__"
"""On a task's function: which XComs its return value becomes: `one`, where it isn't set, `many` or `none`."""


def call_failure_hooks(context: TaskRunContext, exc: BaseException) -> None:
    """The process is told to end while it is in a task: call the task's failure callbacks, as Airflow does.

    Each is claimed on the server: where an alert there tells of it too, it is called once.
    """
    task, task_run = context.task, context.task_run
    state: Any = Crashed(message=f"The task was ended by {type(exc).__name__}", data=exc)
    logger = logger_of(task_run)
    named: Counter[str] = Counter()
    for hook in filter(is_ours, task.on_failure_hooks):
        name = hook.__name__
        try:
            with _claimed(task_run, named[name], name, logger) as is_to_call:
                result: Any = hook(task, task_run, state) if is_to_call else None
                if inspect.iscoroutine(result):
                    run_coro_as_sync(result)
        except Exception:
            # Whatever it raises, the next is called.
            logger.exception("An error was encountered while running hook %r", name)
        named[name] += 1


def _claimed(task_run: TaskRun, position: int, name: str, logger: Logger) -> AbstractContextManager[bool]:
    if task_run.flow_run_id is None:
        return nullcontext(True)
    return claimed(task_run.flow_run_id, "on_failure", position, name, logger, event=task_event(task_run.id))


def remember_return(context: TaskRunContext, value: object) -> None:
    """What a task returned, for `xcom_pull`; a value that can't be kept changes nothing for the task.

    Raises:
        XComValueError: Each key of what it returned is to be an XCom, and it isn't a dict.
    """
    from ..xcom import Where, remember_return

    outputs = getattr(context.task.fn, OUTPUTS, "one")
    if outputs == "none":
        # Kept as nothing, so that nobody looks for it where Prefect keeps results.
        value = None
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
        remember_return(where, value, multiple_outputs=outputs == "many")
    except XComValueError:
        raise
    except AirflowCompatError as exc:
        logger_of(task_run).debug("What %s returned is no XCom: %s", context.task.name, exc)
