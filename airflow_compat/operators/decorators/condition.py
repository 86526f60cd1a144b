"""The decorators `@task.run_if` and `@task.skip_if` (`airflow.sdk.definitions.decorators.condition`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ...exceptions import AirflowSkipException
from ._factory import DecoratedTask

Condition = Callable[[Any], "bool | tuple[bool, str | None]"]
T = TypeVar("T", bound=DecoratedTask)


def run_if(condition: Condition, skip_message: str | None = None) -> Callable[[T], T]:
    """Skip a task unless the condition is true.

    Args:
        condition: A function that is called with the context and returns True or False, or a pair of this value and a
            message for the skip.
        skip_message: The message that is logged if the task is skipped.
    """
    return _conditional("run_if", condition, skip_message, runs_on=True)


def skip_if(condition: Condition, skip_message: str | None = None) -> Callable[[T], T]:
    """Skip a task if the condition is true. The arguments have the same meaning as in `run_if`."""
    return _conditional("skip_if", condition, skip_message, runs_on=False)


def _conditional(name: str, condition: Condition, message: str | None, *, runs_on: bool) -> Callable[[T], T]:
    def decorate(task: T) -> T:
        if not isinstance(task, DecoratedTask):
            raise TypeError(f"{name} can only be used with task. decorate with @task before @{name}.")
        check = _Check(
            condition, message or "Task was skipped due to condition.", runs_on, task.kwargs.get("pre_execute")
        )
        task.kwargs["pre_execute"] = check
        return task

    return decorate


@dataclass(frozen=True)
class _Check:
    """A function for `pre_execute`, which calls the task's own `pre_execute`, if any, and then checks the condition."""

    condition: Condition
    message: str
    runs_on: bool
    before: Callable[[Any], Any] | None

    def __call__(self, context: Any) -> None:
        if self.before is not None:
            self.before(context)
        answer, message = self.condition(context), None
        if isinstance(answer, tuple):
            answer, message = answer
        if bool(answer) is not self.runs_on:
            raise AirflowSkipException(message or self.message)
