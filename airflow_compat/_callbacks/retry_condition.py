"""A task's `retry_condition_fn`: the only place where Prefect asks before each further try, and has the exception."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .._airflow.callback import Callback, callback_name, is_async
from .._airflow.version import AirflowVersion
from .._context.of_task import context_for_task
from .._prefect.logs import logger_of
from ..exceptions import AirflowFailException

if TYPE_CHECKING:
    from prefect import Task
    from prefect.client.schemas.objects import State, TaskRun


@dataclass(frozen=True)
class RetryCondition:
    """The user's own condition, Airflow's, and the callbacks of a try that failed and has others after it.

    Attributes:
        condition: The `retry_condition_fn` that the task had.
        callbacks: In their order, each with the version that it was written for.
    """

    condition: Callable[..., Any] | None = None
    callbacks: tuple[tuple[Callback, AirflowVersion], ...] = ()

    def on(self, condition: Callable[..., Any] | None) -> RetryCondition:
        """The same callbacks with another condition."""
        return replace(self, condition=condition)

    def with_callback(self, callback: Callback, version: AirflowVersion) -> RetryCondition:
        """One more callback."""
        return replace(self, callbacks=(*self.callbacks, (callback, version)))

    def __call__(self, task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool | Awaitable[bool]:
        """Whether there is to be another try; if so, the callbacks have been called."""
        if isinstance(state.data, AirflowFailException):
            return False
        allowed = True if self.condition is None else self.condition(task, task_run, state)
        if inspect.isawaitable(allowed) or any(is_async(callback) for callback, _ in self.callbacks):
            return self._decide(allowed, task, task_run, state)
        if allowed:
            for callback, version in self.callbacks:
                try:
                    callback(_context(task, task_run, state, version))
                except Exception:  # noqa: BLE001 - whatever it raises, the task goes on
                    _log(callback, task_run)
        return bool(allowed)

    async def _decide(
        self, allowed: bool | Awaitable[bool], task: Task[..., Any], task_run: TaskRun, state: State[Any]
    ) -> bool:
        if inspect.isawaitable(allowed):
            allowed = await allowed
        if allowed:
            for callback, version in self.callbacks:
                try:
                    result = callback(_context(task, task_run, state, version))
                    if inspect.isawaitable(result):
                        await result
                except Exception:  # noqa: BLE001 - whatever it raises, the task goes on
                    _log(callback, task_run)
        return bool(allowed)


def _context(task: Task[..., Any], task_run: TaskRun, state: State[Any], version: AirflowVersion) -> Any:
    return context_for_task(task, task_run, state, version, airflow_state="up_for_retry")


def _log(callback: Callback, task_run: TaskRun) -> None:
    logger_of(task_run).exception(
        "An error was encountered while running the on_retry callback %r", callback_name(callback)
    )
