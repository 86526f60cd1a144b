"""Airflow's decorators for tasks: `task`, with attributes such as `task.bash`, and `setup`, `teardown` and `result`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._factory import DecoratedTask, TaskDecorator, task_decorator_factory
from ._operator import DecoratedOperator, get_unique_task_id
from .bash import bash_task
from .condition import run_if, skip_if
from .other_python import branch_external_python_task, branch_virtualenv_task, external_python_task, virtualenv_task
from .python import branch_task, python_task, short_circuit_task
from .sensor import sensor_task
from .setup_teardown import setup, teardown
from .unsupported import FORMS, UnsupportedDecoratedOperator, unsupported_form

__all__ = [
    "DecoratedOperator",
    "TaskDecorator",
    "TaskDecoratorCollection",
    "UnsupportedDecoratedOperator",
    "bash_task",
    "branch_external_python_task",
    "branch_task",
    "branch_virtualenv_task",
    "external_python_task",
    "get_unique_task_id",
    "python_task",
    "result",
    "run_if",
    "sensor_task",
    "setup",
    "short_circuit_task",
    "skip_if",
    "task",
    "task_decorator_factory",
    "teardown",
    "virtualenv_task",
]


class TaskDecoratorCollection:
    """Provides `@task`, and decorators for other kinds of tasks, such as `@task.bash`."""

    python: Callable[..., Any] = staticmethod(python_task)
    bash: Callable[..., Any] = staticmethod(bash_task)
    branch: Callable[..., Any] = staticmethod(branch_task)
    branch_external_python: Callable[..., Any] = staticmethod(branch_external_python_task)
    branch_virtualenv: Callable[..., Any] = staticmethod(branch_virtualenv_task)
    external_python: Callable[..., Any] = staticmethod(external_python_task)
    run_if: Callable[..., Any] = staticmethod(run_if)
    sensor: Callable[..., Any] = staticmethod(sensor_task)
    short_circuit: Callable[..., Any] = staticmethod(short_circuit_task)
    skip_if: Callable[..., Any] = staticmethod(skip_if)
    virtualenv: Callable[..., Any] = staticmethod(virtualenv_task)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.python(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in FORMS:
            return unsupported_form(name)
        raise AttributeError(
            f"@task.{name} does not exist. Supported are {', '.join(sorted(_FORMS))}; use an operator instead."
        )


_FORMS = [name for name in vars(TaskDecoratorCollection) if not name.startswith("_")]

task: Any = TaskDecoratorCollection()
"""The decorator `@task`. Its attributes are further decorators, such as `@task.bash` and `@task.branch`."""


def result(decorated: DecoratedTask) -> DecoratedTask:
    """Mark a function with `@task`, so that its task's result is the result of the DAG."""
    if not isinstance(decorated, DecoratedTask):
        raise TypeError("@result must be used on top of a @task-decorated function")
    decorated.returns_dag_result = True
    return decorated
