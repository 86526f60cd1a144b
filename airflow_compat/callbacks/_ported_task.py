"""A Prefect task that supports Airflow's exceptions and records the map index of each of its mapped runs.

`AirflowSkipException` marks the task run as skipped; `AirflowFailException` fails it without further tries. When a
signal ends the process, the task's failure callbacks are called too; Prefect has no hook for this.
"""

from __future__ import annotations

import inspect
from copy import copy
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, final
from uuid import uuid4

from prefect import Task
from prefect.states import Completed

from .._prefect.internals.engine import PROCESS_ENDS, replace_class, replace_retry_condition
from .._prefect.map_indexes import note_index
from .._prefect.raised_errors import keep_raised
from .._prefect.task_functions import PORTED, put_around, run_of
from .._prefect.wrapped_function import Call, Layer
from ..exceptions import AirflowSkipException, AirflowTaskTerminated, AirflowTaskTimeout
from ..xcom._map_indexes import mapping
from ._retry_condition import RetryCondition
from ._task_end import call_failure_hooks, remember_return

if TYPE_CHECKING:
    from prefect.context import TaskRunContext

_PROCESS_ENDS: tuple[type[BaseException], ...] = (*PROCESS_ENDS, AirflowTaskTerminated)


class PortedTask(Task[..., Any]):
    """A Prefect task whose `map` and `with_options` keep the support for Airflow.

    Attributes:
        mapping_id: The id of the call of `map` that created this task; None for a task that is not mapped.
    """

    mapping_id: str | None = None

    def map(self, *args: Any, **kwargs: Any) -> Any:
        mapped = copy(self)
        mapped.mapping_id = uuid4().hex
        with mapping(self, mapped.mapping_id) as runs:
            futures = Task.map(mapped, *args, **kwargs)
            runs += [found.task_run_id for found in futures if hasattr(found, "task_run_id")]
        return futures

    def with_options(self, *args: Any, **kwargs: Any) -> Any:
        task = super().with_options(*args, **kwargs)
        if task.retry_condition_fn is not self.retry_condition_fn:
            condition = replace(RetryCondition.of(self), condition=task.retry_condition_fn)
            replace_retry_condition(task, condition.function())
        return port(task)


class TaskTimeoutError(TimeoutError):
    """Replaces `AirflowTaskTimeout`, a BaseException, so that Prefect marks the run as timed out."""

    stands_for_cause = True


def port(task: Task[..., Any]) -> Task[..., Any]:
    """Change the task so that it supports Airflow's exceptions."""
    # If the user's task belongs to a subclass of `Task`, it keeps its class.
    if type(task) is Task:
        replace_class(task, PortedTask)
    if not getattr(task.fn, PORTED, False):
        put_around(task, _Airflows())
        setattr(task.fn, PORTED, True)
    replace_retry_condition(task, RetryCondition.of(task).function())
    return task


@final
class _Airflows(Layer):
    """Wraps a task's function: converts its exceptions for Prefect, and stores its return value as XCom."""

    def enter(self, call: Call) -> None:
        context = run_of(call.wrapper)
        if context is not None:
            call.on_end(partial(_end, call, context))
            if not (inspect.isgeneratorfunction(call.wrapper) or inspect.isasyncgenfunction(call.wrapper)):
                call.on_return(partial(remember_return, context))


def _end(call: Call, context: TaskRunContext, exc: BaseException | None) -> bool:
    if getattr(context.task, "mapping_id", None):
        note_index(context.task_run)
    keep_raised(context.task_run, exc)
    # An async generator has no return value, so it can't return the state `Skipped`.
    if isinstance(exc, AirflowSkipException) and not inspect.isasyncgenfunction(call.wrapper):
        call.value = Completed(name="Skipped", message=str(exc) or "The task raised AirflowSkipException")
        return True
    if isinstance(exc, AirflowTaskTimeout):
        raise TaskTimeoutError(str(exc)) from exc
    if isinstance(exc, _PROCESS_ENDS):
        call_failure_hooks(context, exc)
    return False
