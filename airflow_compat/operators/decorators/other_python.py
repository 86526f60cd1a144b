"""The decorators `@task.virtualenv` and `@task.external_python`, and the branch decorators of both kinds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..other_python import BranchExternalPythonOperator, ExternalPythonOperator
from ..virtualenv import BranchPythonVirtualenvOperator, PythonVirtualenvOperator
from ._factory import task_decorator_factory
from .python import PythonDecoratedOperator


class ExternalPythonDecoratedOperator(PythonDecoratedOperator, ExternalPythonOperator):
    """Runs a decorated function in another Python interpreter."""

    template_fields: Sequence[str] = ExternalPythonOperator.template_fields
    custom_operator_name = "@task.external_python"


class BranchExternalPythonDecoratedOperator(PythonDecoratedOperator, BranchExternalPythonOperator):
    """Runs a decorated function in another Python, and follows the tasks whose ids the function returns."""

    template_fields: Sequence[str] = BranchExternalPythonOperator.template_fields
    custom_operator_name = "@task.branch_external_python"


class PythonVirtualenvDecoratedOperator(PythonDecoratedOperator, PythonVirtualenvOperator):
    """Runs a decorated function in a virtual environment with the task's packages."""

    template_fields: Sequence[str] = PythonVirtualenvOperator.template_fields
    custom_operator_name = "@task.virtualenv"


class BranchPythonVirtualenvDecoratedOperator(PythonDecoratedOperator, BranchPythonVirtualenvOperator):
    """Runs a decorated function in a virtual environment, and follows the tasks whose ids the function returns."""

    template_fields: Sequence[str] = BranchPythonVirtualenvOperator.template_fields
    custom_operator_name = "@task.branch_virtualenv"


def external_python_task(
    python: str | None = None,
    python_callable: Callable[..., Any] | None = None,
    multiple_outputs: bool | None = None,
    **kwargs: Any,
) -> Any:
    """Decorate a function so that each call creates an `ExternalPythonOperator`: `@task.external_python`."""
    return task_decorator_factory(
        python_callable,
        python=python,
        multiple_outputs=multiple_outputs,
        decorated_operator_class=ExternalPythonDecoratedOperator,
        **kwargs,
    )


def branch_external_python_task(
    python_callable: Callable[..., Any] | None = None, multiple_outputs: bool | None = None, **kwargs: Any
) -> Any:
    """Decorate a function so that each call creates `BranchExternalPythonOperator`: `@task.branch_external_python`."""
    return task_decorator_factory(
        python_callable,
        multiple_outputs=multiple_outputs,
        decorated_operator_class=BranchExternalPythonDecoratedOperator,
        **kwargs,
    )


def virtualenv_task(
    python_callable: Callable[..., Any] | None = None, multiple_outputs: bool | None = None, **kwargs: Any
) -> Any:
    """Decorate a function so that each call creates a `PythonVirtualenvOperator`: `@task.virtualenv`."""
    return task_decorator_factory(
        python_callable,
        multiple_outputs=multiple_outputs,
        decorated_operator_class=PythonVirtualenvDecoratedOperator,
        **kwargs,
    )


def branch_virtualenv_task(
    python_callable: Callable[..., Any] | None = None, multiple_outputs: bool | None = None, **kwargs: Any
) -> Any:
    """Decorate a function so that each call creates a `BranchPythonVirtualenvOperator`: `@task.branch_virtualenv`."""
    return task_decorator_factory(
        python_callable,
        multiple_outputs=multiple_outputs,
        decorated_operator_class=BranchPythonVirtualenvDecoratedOperator,
        **kwargs,
    )
