"""The `retry_condition_fn` of a task. After a failed try, Prefect calls this function to ask whether to retry."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._airflow.callback import Callback, callback_name, is_async
from .._airflow.version import AirflowVersion
from .._prefect.run_logger import logger_of
from ..context._task_run import context_for_task
from ..errors import (
    BlockTypeError,
    ContextNotFoundError,
    DagDefinitionError,
    InvalidArgumentError,
    InvalidCallbackError,
    InvalidDagLimitError,
    InvalidScheduleError,
    MissingPackageError,
    PoolNotReadyError,
    UnsupportedFeatureError,
)
from ..exceptions import AirflowFailException, AirflowSensorTimeout
from ._results import finish, finish_async

if TYPE_CHECKING:
    from prefect import Task
    from prefect.client.schemas.objects import State, TaskRun

    from ..context._lazy_dict import Context

_MARK = "__airflow_compat__"


Condition = Callable[..., Any]

# These errors are never retried, because another try would fail again. All other errors are retried, as in Airflow: a
# connection or variable may be added, a server may recover, and data may change.
_NEVER_RETRIED = (
    *(AirflowFailException, AirflowSensorTimeout, BlockTypeError, ContextNotFoundError, DagDefinitionError),
    *(
        InvalidArgumentError,
        InvalidCallbackError,
        InvalidDagLimitError,
        InvalidScheduleError,
        MissingPackageError,
        PoolNotReadyError,
        UnsupportedFeatureError,
    ),
)


@dataclass(frozen=True)
class RetryCondition:
    """Decides by Airflow's rule and the user's condition whether to retry, and calls the `on_retry` callbacks."""

    condition: Condition | None = None
    callbacks: tuple[tuple[Callback, AirflowVersion], ...] = ()

    @classmethod
    def of(cls, task: Task[..., Any]) -> RetryCondition:
        """Return the task's `RetryCondition`. If the user has set a `retry_condition_fn`, it becomes `condition`."""
        function = task.retry_condition_fn
        found = getattr(function, _MARK, None)
        return found if isinstance(found, cls) else cls(function)

    def function(self) -> Condition:
        """Return the function that Prefect calls; async if the condition or a callback is async."""
        if any(is_async(each) for each in (self.condition, *(callback for callback, _ in self.callbacks)) if each):

            async def awaited(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:
                return await self._awaited(self._allows(task, task_run, state), task, task_run, state)

            setattr(awaited, _MARK, self)
            return awaited

        def called(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> Any:
            allowed = self._allows(task, task_run, state)
            if inspect.isawaitable(allowed):
                # If a plain function returns an awaitable, Prefect awaits it, too.
                return self._awaited(allowed, task, task_run, state)
            for callback, context in self._calls(task, task_run, state) if allowed else ():
                with _logged(callback, task_run):
                    finish(callback(context))
            return bool(allowed)

        setattr(called, _MARK, self)
        return called

    async def _awaited(self, allowed: Any, task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:
        if inspect.isawaitable(allowed):
            allowed = await allowed
        for callback, context in self._calls(task, task_run, state) if allowed else ():
            with _logged(callback, task_run):
                await finish_async(callback(context))
        return bool(allowed)

    def _allows(self, task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> Any:
        if isinstance(state.data, _NEVER_RETRIED):
            return False
        return True if self.condition is None else self.condition(task, task_run, state)

    def _calls(self, task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> Iterator[tuple[Callback, Context]]:
        for callback, version in self.callbacks:
            yield callback, context_for_task(task, task_run, state, version, airflow_state="up_for_retry")


@contextmanager
def _logged(callback: Callback, task_run: TaskRun) -> Iterator[None]:
    try:
        yield
    except Exception:  # noqa: BLE001 - a callback may raise anything, and the task must continue
        logger_of(task_run).exception("The on_retry callback %r raised an exception", callback_name(callback))
