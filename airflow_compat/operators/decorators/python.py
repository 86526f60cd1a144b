"""The decorators `@task`, `@task.branch` and `@task.short_circuit`, for functions that run in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
from ._factory import task_decorator_factory
from ._operator import DecoratedOperator


class PythonDecoratedOperator(DecoratedOperator, PythonOperator):
    """Calls a decorated function."""

    template_fields: Sequence[str] = ("templates_dict", "op_args", "op_kwargs")
    template_fields_renderers: Mapping[str, str] = PythonOperator.template_fields_renderers
    custom_operator_name = "@task"

    def __init__(self, *, python_callable: Any, op_args: Any, op_kwargs: Any, **kwargs: Any) -> None:
        call = {"python_callable": python_callable, "op_args": op_args, "op_kwargs": op_kwargs}
        super().__init__(kwargs_to_upstream=call, **call, **kwargs)


class BranchPythonDecoratedOperator(PythonDecoratedOperator, BranchPythonOperator):
    """Calls a decorated function, and follows the tasks whose ids the function returns."""

    template_fields: Sequence[str] = BranchPythonOperator.template_fields
    custom_operator_name = "@task.branch"


class ShortCircuitDecoratedOperator(PythonDecoratedOperator, ShortCircuitOperator):
    """Calls a decorated function, and skips the downstream tasks if the function returns a false value."""

    template_fields: Sequence[str] = ShortCircuitOperator.template_fields
    custom_operator_name = "@task.short_circuit"


def python_task(
    python_callable: Callable[..., Any] | None = None, multiple_outputs: bool | None = None, **kwargs: Any
) -> Any:
    """Decorate a function so that each call creates a `PythonOperator`: `@task`."""
    return task_decorator_factory(
        python_callable, multiple_outputs=multiple_outputs, decorated_operator_class=PythonDecoratedOperator, **kwargs
    )


def branch_task(
    python_callable: Callable[..., Any] | None = None, multiple_outputs: bool | None = None, **kwargs: Any
) -> Any:
    """Decorate a function so that each call creates a `BranchPythonOperator`: `@task.branch`."""
    return task_decorator_factory(
        python_callable,
        multiple_outputs=multiple_outputs,
        decorated_operator_class=BranchPythonDecoratedOperator,
        **kwargs,
    )


def short_circuit_task(
    python_callable: Callable[..., Any] | None = None, multiple_outputs: bool | None = None, **kwargs: Any
) -> Any:
    """Decorate a function so that each call creates a `ShortCircuitOperator`: `@task.short_circuit`."""
    return task_decorator_factory(
        python_callable,
        multiple_outputs=multiple_outputs,
        decorated_operator_class=ShortCircuitDecoratedOperator,
        **kwargs,
    )
