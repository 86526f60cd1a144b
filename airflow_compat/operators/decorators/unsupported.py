"""Decorators of Airflow's providers, such as `@task.docker`.

Tasks of these decorators belong to the DAG, but fail when they run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from ...authoring import BaseOperator
from ...authoring._operator_meta import argument_names
from ...errors import UnsupportedFeatureError
from ._factory import task_decorator_factory
from ._operator import DecoratedOperator

FORMS = frozenset(
    "agent analytics docker embed kubernetes kubernetes_cmd llm llm_branch llm_file_analysis llm_schema_compare "
    "llm_sql pyspark snowpark stub".split()
)
"""The names of the attributes that Airflow's providers add to `@task`, such as `docker` for `@task.docker`."""


class UnsupportedDecoratedOperator(DecoratedOperator):
    """The operator of a decorator that is not supported. The operator accepts any argument, and fails when it runs.

    Args:
        form: The name of the unsupported decorator, such as `docker`.
        python_callable: The function.
        task_id: The id of the task.
        kwargs: Arguments of `DecoratedOperator`, and arguments of the unsupported decorator, which are ignored.
    """

    takes_any_argument = True

    def __init__(self, *, form: str, python_callable: Callable[..., Any], task_id: str, **kwargs: Any) -> None:
        known = argument_names(BaseOperator) | argument_names(DecoratedOperator) | {"default_args"}
        given = {name: value for name, value in kwargs.items() if name in known}
        super().__init__(python_callable=python_callable, task_id=task_id, **given)
        self.custom_operator_name: str = f"@task.{form}"

    def execute(self, context: Any) -> NoReturn:
        raise UnsupportedFeatureError(
            f"Task {self.task_id!r} uses {self.custom_operator_name}, which airflow_compat does not support. Call the "
            "service in a @task, or use an integration of Prefect."
        )


def unsupported_form(form: str) -> Callable[..., Any]:
    """Return a replacement of an unsupported decorator, such as `@task.docker`."""

    def decorate(python_callable: Callable[..., Any] | None = None, **kwargs: Any) -> Any:
        return task_decorator_factory(
            python_callable, decorated_operator_class=UnsupportedDecoratedOperator, form=form, **kwargs
        )

    return decorate
