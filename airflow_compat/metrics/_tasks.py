"""Sends Airflow's metrics of task runs. A wrapper around the task's function and a failure hook measure the runs.

Successful runs use no hook, because Prefect writes two log lines for each call of a hook, which takes more time than
all the metrics.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, final
from uuid import UUID

from prefect import Task
from prefect.client.schemas.objects import State

from .._prefect.internals.engine import replace_retry_condition
from .._prefect.internals.hooks import hooks_of, set_hooks
from .._prefect.runs import flow_of, state_name
from .._prefect.task_functions import PORTED, put_around, run_of
from .._prefect.wrapped_function import Call, Layer
from ..errors import AirflowCompatError
from ..exceptions import AirflowSkipException
from ._names import normal_name
from ._sample import Sample
from ._start_times import MOST, FirstTaskStarts, StartTimes
from ._stats import emit, is_connected

if TYPE_CHECKING:
    from prefect.client.schemas.objects import TaskRun
    from prefect.context import TaskRunContext

# The operator name that Airflow's metrics have for every `@task`.
_DECORATED = "_PythonDecoratedOperator"
_MARK = "__airflow_compat_metrics__"

first_starts = FirstTaskStarts()
_beginnings: StartTimes[float] = StartTimes()
_dag_ids: dict[UUID, str] = {}


def instrument_task(task: Task[..., Any]) -> None:
    if getattr(task.fn, _MARK, False):
        return
    put_around(task, _Measured())
    setattr(task.fn, _MARK, True)
    set_hooks(task, "failure", [*hooks_of(task, "failure"), _task_failed])
    replace_retry_condition(task, _retry_condition(task.retry_condition_fn))


@final
class _Measured(Layer):
    """Measures each run of the task, except failures, which the failure hook or the retry condition reports."""

    def enter(self, call: Call) -> None:
        run = run_of(call.wrapper) if is_connected() else None
        if run is not None:
            one = _Try(run, _begin(run.task, run.task_run))
            call.on_end(one.ended)
            call.on_return(one.returned)


class _Try(NamedTuple):
    run: TaskRunContext
    tags: dict[str, str]

    def ended(self, exc: BaseException | None) -> None:
        # GeneratorExit means that the consumer closed a generator before its end, which counts as success.
        if isinstance(exc, GeneratorExit):
            self.returned(None)
        elif isinstance(exc, AirflowSkipException) and _becomes_state(self.run.task.fn):
            _end(self.run.task, self.run.task_run, self.tags, "skipped")

    def returned(self, value: object) -> None:
        if end := _end_of(value):
            _end(self.run.task, self.run.task_run, self.tags, end)


def _becomes_state(function: Callable[..., Any]) -> bool:
    """Return True if the task's wrapper returns a state after a skip, so that Prefect calls no failure hook."""
    return getattr(function, PORTED, False) and not inspect.isasyncgenfunction(function)


def _end_of(value: object) -> str:
    """Return Airflow's name for the final state of a task run whose function returns this value.

    Return an empty text if the wrapper must not report the end of the run: either the failure hook reports the end, or
    nothing does.
    """
    if isinstance(value, State):
        is_upstream = value.state_details.task_run_id or value.state_details.flow_run_id
        # A state without a run's id was created by the task's own code. Other states are those of other runs.
        return "" if not value.is_completed() else "success" if is_upstream else state_name(value)
    if isinstance(value, (list, set, tuple)) and value and all(isinstance(each, State) for each in value):
        return "success" if all(each.is_completed() for each in value) else ""
    return "success"


# Prefect passes a hook's arguments by position or by name, so the parameters must have these names.
def _task_failed(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> None:
    if is_connected():
        _emit_failure(task, task_run, state_name(state))


def _retry_condition(condition: Callable[..., Any] | None) -> Callable[..., Any]:
    """Wrap the task's retry condition: after a failed try that will be retried, Prefect calls only this function."""
    # Return a coroutine function, because older releases of Prefect await only the results of coroutine functions.
    if condition is not None and inspect.iscoroutinefunction(condition):

        async def awaited(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:
            return await _when_known(condition(task, task_run, state), task, task_run)

        return awaited

    def called(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> Any:
        again = True if condition is None else condition(task, task_run, state)
        if inspect.isawaitable(again):
            return _when_known(again, task, task_run)
        _tried(task, task_run, again=bool(again))
        return again

    return called


async def _when_known(awaitable: Awaitable[Any], task: Task[..., Any], task_run: TaskRun) -> bool:
    again = bool(await awaitable)
    _tried(task, task_run, again=again)
    return again


def _tried(task: Task[..., Any], task_run: TaskRun, *, again: bool) -> None:
    if again and is_connected():
        _emit_failure(task, task_run, "up_for_retry")


def _emit_failure(task: Task[..., Any], task_run: TaskRun, state: str) -> None:
    # A run can fail before its function is called, and then has no start time yet, or after its function has returned.
    has_begun = task_run.id in _beginnings
    _end(task, task_run, _tags(task, task_run) if has_begun else _begin(task, task_run), state)


def _begin(task: Task[..., Any], task_run: TaskRun) -> dict[str, str]:
    tags = _tags(task, task_run)
    _beginnings.begin(task_run.id, time.perf_counter())
    first_starts.note(task_run.flow_run_id, task_run.start_time)
    emit(Sample("counter", "ti.start", 1, tags))
    return tags


def _end(task: Task[..., Any], task_run: TaskRun, tags: dict[str, str], state: str) -> None:
    began = _beginnings.taken(task_run.id)
    emit(_Ended(tags, state, None if began is None else 1000 * (time.perf_counter() - began), type(task)))


class _Ended(NamedTuple):
    """The end of a try of a task: one item in the queue, which stands for several measurements."""

    tags: dict[str, str]
    state: str
    milliseconds: float | None
    kind: type[Task[..., Any]]

    def samples(self) -> Iterator[Sample]:
        yield Sample("counter", "ti.finish", 1, {**self.tags, "state": self.state})
        # For a skipped task, Airflow 3 sends no further metrics.
        if self.state == "skipped":
            return
        if self.milliseconds is not None:
            yield Sample("timing", "task.duration", self.milliseconds, self.tags)
        end = "successes" if self.state == "success" else "failures"
        yield Sample("counter", f"operator_{end}", 1, {**self.tags, "operator_name": _operator_name(self.kind)})
        yield Sample("counter", f"ti_{end}", 1, self.tags)


def _operator_name(kind: type[Task[..., Any]]) -> str:
    # Decorators of this package give a plain task a class of this package.
    return _DECORATED if kind is Task or kind.__module__.startswith("airflow_compat.") else kind.__name__


def _tags(task: Task[..., Any], task_run: TaskRun) -> dict[str, str]:
    return _same_tags(_dag_id(task_run), normal_name(task.name))


@functools.lru_cache(maxsize=MOST)
def _same_tags(dag_id: str, task_id: str) -> dict[str, str]:
    return {"dag_id": dag_id, "task_id": task_id} if dag_id else {"task_id": task_id}


def _dag_id(task_run: TaskRun) -> str:
    """Return the name of the task run's flow; empty if there is no flow, or if the server is unreachable."""
    if task_run.flow_run_id is None:
        return ""
    dag_id = _dag_ids.get(task_run.flow_run_id)
    if dag_id is None:
        if len(_dag_ids) >= MOST:
            _dag_ids.clear()
        try:
            dag_id = _dag_ids[task_run.flow_run_id] = normal_name(flow_of(task_run)[0])
        except AirflowCompatError:
            return ""
    return dag_id
