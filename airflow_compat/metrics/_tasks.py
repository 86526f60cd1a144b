"""Airflow's metrics of task runs, from around the task's function, and from a hook where a run fails.

Each of Prefect's hooks writes two lines into the run's log, which costs more than all of the metrics: the runs that
succeed are to do without.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, final
from uuid import UUID

from prefect import Task
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext

from .._airflow.metric_names import normal_name
from .._prefect.runs import flow_of, state_name
from .._prefect.task_functions import PORTED, run_of, stand_for
from ..errors import AirflowCompatError
from ..exceptions import AirflowSkipException
from .beginnings import MOST, Beginnings, FirstStarts
from .sample import Sample
from .stats import emit, is_connected

if TYPE_CHECKING:
    from prefect.client.schemas.objects import TaskRun
    from prefect.context import TaskRunContext

    F = TypeVar("F", bound=Callable[..., Any])

# What Airflow calls the operator of every `@task`.
_DECORATED = "_PythonDecoratedOperator"
_MARK = "__airflow_compat_metrics__"

first_starts = FirstStarts()
_beginnings: Beginnings[float] = Beginnings()
_dag_ids: dict[UUID, str] = {}


def instrument_task(task: Task[..., Any]) -> None:
    """Have the task's runs measured."""
    if getattr(task.fn, _MARK, False):
        return
    task.fn = _measured(task.fn)
    task.on_failure_hooks = [*task.on_failure_hooks, _task_failed]
    task.retry_condition_fn = _retry_condition(task.retry_condition_fn)


def _measured(fn: F) -> F:
    """The function, measured in a run of its task; what it raises is the hook's to tell, or the retry condition's."""
    measured: Any
    if inspect.isasyncgenfunction(fn):

        async def measured(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            with _Try(measured) as one:
                async for value in fn(*args, **kwargs):
                    yield value
                one.returned(None)

    elif inspect.isgeneratorfunction(fn):

        def measured(*args: Any, **kwargs: Any) -> Any:
            with _Try(measured) as one:
                value = yield from fn(*args, **kwargs)
                one.returned(value)
                return value

    elif inspect.iscoroutinefunction(fn):

        async def measured(*args: Any, **kwargs: Any) -> Any:
            with _Try(measured) as one:
                value = await fn(*args, **kwargs)
                one.returned(value)
                return value

    else:

        def measured(*args: Any, **kwargs: Any) -> Any:
            with _Try(measured) as one:
                value = fn(*args, **kwargs)
                one.returned(value)
                return value

    stand_for(measured, fn)
    setattr(measured, _MARK, True)
    return measured  # type: ignore[no-any-return]


@final
class _Try:
    """One call of the function, where a run of its task makes it and metrics go somewhere."""

    __slots__ = ("_measured", "_run", "_tags")

    def __init__(self, measured: Callable[..., Any]) -> None:
        self._measured = measured
        self._run: TaskRunContext | None = None

    def __enter__(self) -> _Try:
        if is_connected():
            self._run = run_of(self._measured)
        if self._run is not None:
            self._tags = _begin(self._run.task, self._run.task_run)
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: object, trace: object) -> None:
        # Who wants no more of a generator's values has let it succeed.
        if isinstance(exc, GeneratorExit):
            self.returned(None)
        elif isinstance(exc, AirflowSkipException) and self._run and _becomes_state(self._run.task.fn):
            _end(self._run.task, self._run.task_run, self._tags, "skipped")

    def returned(self, value: object) -> None:
        """The function is at its end."""
        end = "" if self._run is None else _end_of(value)
        if self._run is not None and end:
            _end(self._run.task, self._run.task_run, self._tags, end)


def _becomes_state(function: Callable[..., Any]) -> bool:
    """Whether what is around the function makes a skip a state, which no hook tells of."""
    return getattr(function, PORTED, False) and not inspect.isasyncgenfunction(function)


def _end_of(value: object) -> str:
    """How a run ends that returns this, by Prefect's rules; empty where a hook tells, or nobody."""
    if isinstance(value, State):
        is_upstream = value.state_details.task_run_id or value.state_details.flow_run_id
        # One that was made by hand is the run's own.
        return "" if not value.is_completed() else "success" if is_upstream else state_name(value)
    if isinstance(value, (list, set, tuple)) and value and all(isinstance(each, State) for each in value):
        return "success" if all(each.is_completed() for each in value) else ""
    return "success"


# Prefect calls a hook by position or by these names.
def _task_failed(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> None:
    if is_connected():
        _emit_failure(task, task_run, state_name(state))


def _retry_condition(condition: Callable[..., Any] | None) -> Callable[..., Any]:
    """The task's own condition; a try that failed and is followed by another is known nowhere else."""
    # Older releases of Prefect await one only where it is a coroutine function.
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
    # It may have failed before its function was called, or after it returned.
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
    """What is told of the end of a try: in one piece, since the task waits for it."""

    tags: dict[str, str]
    state: str
    milliseconds: float | None
    kind: type[Task[..., Any]]

    def samples(self) -> Iterator[Sample]:
        """The measurements of it."""
        yield Sample("counter", "ti.finish", 1, {**self.tags, "state": self.state})
        # Of a skipped one Airflow 3 sends nothing more, and no duration either.
        if self.state == "skipped":
            return
        if self.milliseconds is not None:
            yield Sample("timing", "task.duration", self.milliseconds, self.tags)
        end = "successes" if self.state == "success" else "failures"
        yield Sample("counter", f"operator_{end}", 1, {**self.tags, "operator_name": _operator_name(self.kind)})
        yield Sample("counter", f"ti_{end}", 1, self.tags)


def _operator_name(kind: type[Task[..., Any]]) -> str:
    # Ours are what a plain one becomes by a decorator of ours.
    is_plain = kind is Task or kind.__module__.startswith("airflow_compat.")
    return _DECORATED if is_plain else kind.__name__


def _tags(task: Task[..., Any], task_run: TaskRun) -> dict[str, str]:
    return _same_tags(_dag_id(task_run), normal_name(task.name))


@functools.lru_cache(maxsize=MOST)
def _same_tags(dag_id: str, task_id: str) -> dict[str, str]:
    return {"dag_id": dag_id, "task_id": task_id} if dag_id else {"task_id": task_id}


def _dag_id(task_run: TaskRun) -> str:
    """The name of the task run's flow; empty outside a flow, or where the server can't say."""
    context = FlowRunContext.get()
    if context and context.flow and context.flow_run and context.flow_run.id == task_run.flow_run_id:
        return normal_name(context.flow.name)
    if task_run.flow_run_id is None:
        return ""
    if task_run.flow_run_id not in _dag_ids:
        if len(_dag_ids) >= MOST:
            _dag_ids.clear()
        try:
            _dag_ids[task_run.flow_run_id] = normal_name(flow_of(task_run)[0])
        except AirflowCompatError:
            return ""
    return _dag_ids[task_run.flow_run_id]
