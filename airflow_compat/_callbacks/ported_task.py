"""A task that Airflow's exceptions work in, and that knows its mapped runs: what the decorators make of a Prefect task.

`AirflowSkipException` ends the run as skipped, `AirflowFailException` fails it with no further try. A process that is
told to end calls the failure callbacks of the task that it is in, for which Prefect has no hook.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from copy import copy
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, final
from uuid import uuid4

from prefect import Task
from prefect.client.schemas.objects import State
from prefect.exceptions import TerminationSignal
from prefect.states import Completed

from .._prefect.map_indexes import mapping, note_index
from .._prefect.task_functions import PORTED, run_of, stand_for
from ..exceptions import AirflowSkipException, AirflowTaskTerminated, AirflowTaskTimeout
from .endings import call_failure_hooks, remember_return
from .retry_condition import RetryCondition

if TYPE_CHECKING:
    from prefect.context import TaskRunContext

F = TypeVar("F", bound=Callable[..., Any])

_PROCESS_ENDS = (TerminationSignal, KeyboardInterrupt, SystemExit, AirflowTaskTerminated)


class PortedTask(Task[..., Any]):
    """A Prefect task as it was, but for `map` and `with_options`, which keep what was added to it.

    Attributes:
        mapping_id: Which call of `map` it was made for; None for the task itself.
    """

    mapping_id: str | None = None

    def map(self, *args: Any, **kwargs: Any) -> Any:
        """`prefect.Task.map`, noting which run is for which element."""
        mapped = copy(self)
        mapped.mapping_id = uuid4().hex
        with mapping(self, mapped.mapping_id) as runs:
            futures = Task.map(mapped, *args, **kwargs)
            runs += [found.task_run_id for found in futures if hasattr(found, "task_run_id")]
        return futures

    def with_options(self, *args: Any, **kwargs: Any) -> Any:
        """`prefect.Task.with_options`."""
        task = super().with_options(*args, **kwargs)
        if task.retry_condition_fn is not self.retry_condition_fn:
            task.retry_condition_fn = RetryCondition.of(self).on(task.retry_condition_fn).function()
        return port(task)


class TaskTimeoutError(TimeoutError):
    """What Prefect sees of an `AirflowTaskTimeout`, which is no Exception: the run ends as timed out."""

    stands_for_cause = True


def port(task: Task[..., Any]) -> Task[..., Any]:
    """Make a task, the object itself, one that Airflow's exceptions work in."""
    # Prefect's own subclasses stay what they are.
    if type(task) is Task:
        task.__class__ = PortedTask
    if not getattr(task.fn, PORTED, False):
        task.fn = _ported(task.fn)
    task.retry_condition_fn = RetryCondition.of(task).function()
    return task


def _ported(fn: F) -> F:
    """The function, whose exceptions become what Prefect knows; unchanged for who calls it as a function."""
    ported: Any
    if inspect.isasyncgenfunction(fn):

        async def ported(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            # A generator that awaits has no value at its end, so that a skip can't become a state.
            with _Call(ported, skips=False):
                async for value in fn(*args, **kwargs):
                    yield value

    elif inspect.isgeneratorfunction(fn):

        def ported(*args: Any, **kwargs: Any) -> Any:
            with _Call(ported) as call:
                return (yield from fn(*args, **kwargs))
            return call.state

    elif inspect.iscoroutinefunction(fn):

        async def ported(*args: Any, **kwargs: Any) -> Any:
            with _Call(ported) as call:
                value = await fn(*args, **kwargs)
                call.remember(value)
                return value
            return call.state

    else:

        def ported(*args: Any, **kwargs: Any) -> Any:
            with _Call(ported) as call:
                value = fn(*args, **kwargs)
                call.remember(value)
                return value
            return call.state

    stand_for(ported, fn)
    setattr(ported, PORTED, True)
    return ported  # type: ignore[no-any-return]


@final
class _Call:
    """One call of the function, as a context manager without a frame of its own in tracebacks.

    Attributes:
        state: How it ended, where that is not by a value or an exception.
    """

    def __init__(self, ported: Callable[..., Any], *, skips: bool = True) -> None:
        self.state: State[None] | None = None
        self._ported = ported
        self._skips = skips
        self._context: TaskRunContext | None = None

    def __enter__(self) -> _Call:
        self._context = run_of(self._ported)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._context is not None and getattr(self._context.task, "mapping_id", None):
            note_index(self._context.task_run)
        if exc is None or self._context is None:
            return False
        if isinstance(exc, AirflowSkipException) and self._skips:
            self.state = Completed(name="Skipped", message=str(exc) or "The task raised AirflowSkipException")
            return True
        if isinstance(exc, AirflowTaskTimeout):
            raise TaskTimeoutError(str(exc)) from exc
        if isinstance(exc, _PROCESS_ENDS):
            call_failure_hooks(self._context, exc)
        return False

    def remember(self, value: object) -> None:
        """What the function returned is its XCom."""
        if self._context and not isinstance(value, State):
            remember_return(self._context, value)
