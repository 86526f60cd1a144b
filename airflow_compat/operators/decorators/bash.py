"""The decorator `@task.bash`, for functions that return a Bash command to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._callable import determine_kwargs
from ..bash import BashOperator
from ._factory import task_decorator_factory
from ._operator import DecoratedOperator


class BashDecoratedOperator(DecoratedOperator, BashOperator):
    """Calls a decorated function, renders the templates in the Bash command that it returns, and runs the command."""

    template_fields: Sequence[str] = (*DecoratedOperator.template_fields, *BashOperator.template_fields)
    template_fields_renderers: Mapping[str, str] = {
        **DecoratedOperator.template_fields_renderers,
        **BashOperator.template_fields_renderers,
    }
    custom_operator_name = "@task.bash"

    def __init__(self, *, python_callable: Any, op_args: Any = None, op_kwargs: Any = None, **kwargs: Any) -> None:
        super().__init__(
            python_callable=python_callable, op_args=op_args, op_kwargs=op_kwargs, bash_command=None, **kwargs
        )

    def execute(self, context: Any) -> Any:
        context.update(self.op_kwargs)
        arguments = determine_kwargs(self.python_callable, self.op_args, context)
        self.bash_command: Any = self.python_callable(*self.op_args, **arguments)
        if not isinstance(self.bash_command, str) or not self.bash_command.strip():
            raise TypeError("The returned value from the TaskFlow callable must be a non-empty string.")
        self.render_template_fields(context)
        return super().execute(context)


def bash_task(python_callable: Callable[..., Any] | None = None, **kwargs: Any) -> Any:
    """Decorate a function so that each call creates a `BashOperator`: `@task.bash`."""
    return task_decorator_factory(python_callable, decorated_operator_class=BashDecoratedOperator, **kwargs)
