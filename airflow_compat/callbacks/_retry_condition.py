"""A task's `retry_condition_fn`: the only place where Prefect asks before each further try, and has the exception."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .._airflow.callback import Callback, callback_name, is_async
from .._airflow.version import AirflowVersion
from .._context.of_task import context_for_task
from .._prefect.logs import logger_of
from ..exceptions import AirflowFailException
from .results import finish, finish_async

if TYPE_CHECKING:
    from prefect import Task
    from prefect.client.schemas.objects import State, TaskRun

    from .._context.mapping import Context

_MARK = "__airflow_compat__"


Condition = Callable[..., Any]


@dataclass(frozen=True)
class RetryCondition:
    """The user's own condition, Airflow's, and the callbacks of a try that failed and has others after it.

    Attributes:
        condition: The `retry_condition_fn` that the task had.
        callbacks: In their order, each with the version that it was written for.
    """

    condition: Condition | None = None
    callbacks: tuple[tuple[Callback, AirflowVersion], ...] = ()

    @classmethod
    def of(cls, task: Task[..., Any]) -> RetryCondition:
        """The task's; one of the user's own is in it."""
        function = task.retry_condition_fn
        found = getattr(function, _MARK, None)
        return found if isinstance(found, cls) else cls(function)

    def on(self, condition: Condition | None) -> RetryCondition:
        """The same callbacks with another condition."""
        return replace(self, condition=condition)

    def with_callback(self, callback: Callback, version: AirflowVersion) -> RetryCondition:
        """One more callback."""
        return replace(self, callbacks=(*self.callbacks, (callback, version)))

    def function(self) -> Condition:
        """What Prefect takes: a function, and one that is awaited where something in it has to be."""
        if any(is_async(each) for each in (self.condition, *(callback for callback, _ in self.callbacks)) if each):

            async def awaited(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:
                return await self._awaited(self._allows(task, task_run, state), task, task_run, state)

            setattr(awaited, _MARK, self)
            return awaited

        def called(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> Any:
            allowed = self._allows(task, task_run, state)
            if inspect.isawaitable(allowed):
                # A plain function that gives one: Prefect awaits that too.
                return self._awaited(allowed, task, task_run, state)
            for call in self._calls(task, task_run, state) if allowed else ():
                with _logged(call.callback, task_run):
                    finish(call())
            return bool(allowed)

        setattr(called, _MARK, self)
        return called

    async def _awaited(self, allowed: Any, task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:
        if inspect.isawaitable(allowed):
            allowed = await allowed
        for call in self._calls(task, task_run, state) if allowed else ():
            with _logged(call.callback, task_run):
                await finish_async(call())
        return bool(allowed)

    def _allows(self, task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> Any:
        if isinstance(state.data, AirflowFailException):
            return False
        return True if self.condition is None else self.condition(task, task_run, state)

    def _calls(self, task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> Iterator[_Call]:
        for callback, version in self.callbacks:
            yield _Call(callback, context_for_task(task, task_run, state, version, airflow_state="up_for_retry"))


@dataclass(frozen=True)
class _Call:
    """A callback, and the context that it is to be called with."""

    callback: Callback
    context: Context

    def __call__(self) -> Any:
        return self.callback(self.context)


@contextmanager
def _logged(callback: Callback, task_run: TaskRun) -> Iterator[None]:
    """What a callback raises goes into the run's log, and changes nothing."""
    try:
        yield
    except Exception:  # noqa: BLE001 - whatever it raises, the task goes on
        name = callback_name(callback)
        logger_of(task_run).exception("An error was encountered while running the on_retry callback %r", name)
