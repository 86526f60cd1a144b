"""The decorators `@setup` and `@teardown` (`airflow.sdk.definitions.decorators.setup_teardown`)."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from ...exceptions import AirflowException
from ._factory import DecoratedTask
from .python import python_task


def setup(func: Any) -> DecoratedTask:
    """Decorate a function, with or without `@task`, so that its tasks are setup tasks."""
    task = _task(func)
    task.is_setup = True
    return task


def teardown(_func: Any = None, *, on_failure_fail_dagrun: bool = False) -> Any:
    """Decorate a function, with or without `@task`, so that its tasks are teardown tasks.

    Args:
        on_failure_fail_dagrun: Whether the DAG run fails if the teardown task fails.
    """

    def decorate(func: Any) -> DecoratedTask:
        task = _task(func)
        task.is_teardown = True
        task.on_failure_fail_dagrun = on_failure_fail_dagrun
        return task

    return decorate if _func is None else decorate(_func)


def _task(func: Callable[..., Any]) -> DecoratedTask:
    task = python_task(func) if isinstance(func, types.FunctionType) else func
    if not isinstance(task, DecoratedTask):
        raise AirflowException("Task groups cannot be marked as setup or teardown.")
    return task
