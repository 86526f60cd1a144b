"""Operators that call a Python function in this process (`airflow.providers.standard.operators.python`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, Sequence
from typing import Any

from ..authoring import BaseBranchOperator, BaseOperator, SkipMixin
from ..authoring._current import definition_release
from ..exceptions import AirflowException
from ._callable import call, determine_kwargs

Context = MutableMapping[str, Any]


class PythonOperator(BaseOperator):
    """Calls a function. A parameter of the function that has the name of a context key receives the context's value.

    Args:
        python_callable: The function. A generator function is run to its end, and a coroutine function runs in an event
            loop.
        op_args: Positional arguments. Templates in these arguments are rendered.
        op_kwargs: Named arguments. As in Airflow, arguments for which the function has no parameter are ignored.
        templates_dict: Further templates. The function receives the rendered values as the argument `templates_dict`.
        templates_exts: Endings of file names, such as `.sql`, for values of `templates_dict`. If a value has such an
            ending, the content of the file with this name is rendered.
        show_return_value_in_logs: Whether to log the return value.
        kwargs: Arguments of `BaseOperator`.
    """

    template_fields: Sequence[str] = ("templates_dict", "op_args", "op_kwargs")
    template_fields_renderers: Mapping[str, str] = {"templates_dict": "json", "op_args": "py", "op_kwargs": "py"}
    ui_color = "#ffefeb"
    shallow_copy_attrs: Sequence[str] = ("python_callable", "op_kwargs")

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        templates_dict: dict[str, Any] | None = None,
        templates_exts: Sequence[str] | None = None,
        show_return_value_in_logs: bool = True,
        **kwargs: Any,
    ) -> None:
        if definition_release() == "2":
            # Like Airflow 2, ignore this argument of Airflow 1.10, which Airflow 3 refuses.
            kwargs.pop("provide_context", None)
        super().__init__(**kwargs)
        if not callable(python_callable):
            raise AirflowException("`python_callable` param must be callable")
        self.python_callable = python_callable
        self.op_args: Collection[Any] = op_args or ()
        self.op_kwargs: Mapping[str, Any] = op_kwargs or {}
        self.templates_dict = templates_dict
        if templates_exts:
            self.template_ext = templates_exts
        self.show_return_value_in_logs = show_return_value_in_logs

    def execute(self, context: Context) -> Any:
        context.update({**self.op_kwargs, "templates_dict": self.templates_dict})
        self.op_kwargs = self.determine_kwargs(context)
        self._context = context
        value = self.execute_callable()
        if self.show_return_value_in_logs:
            self.log.info("Done. Returned value was: %s", value)
        else:
            self.log.info("Done. Returned value not shown")
        return value

    def determine_kwargs(self, context: Mapping[str, Any]) -> Mapping[str, Any]:
        return determine_kwargs(self.python_callable, self.op_args, context)

    def execute_callable(self) -> Any:
        """Call the function with the arguments that `execute` has determined."""
        return call(self.python_callable, self._context, *self.op_args, **self.op_kwargs)


class BranchPythonOperator(BaseBranchOperator, PythonOperator):
    """Follows the tasks or task groups whose ids the function returns, and skips other tasks directly downstream."""

    def choose_branch(self, context: Context) -> str | Iterable[str] | None:
        chosen: str | Iterable[str] | None = PythonOperator.execute(self, context)
        return chosen


class ShortCircuitOperator(PythonOperator, SkipMixin):
    """Skips the downstream tasks if the function returns a false value.

    Args:
        ignore_downstream_trigger_rules: Whether to skip all downstream tasks, whatever their trigger rules. If False,
            only the tasks directly downstream are skipped, and further tasks follow their trigger rules.
        kwargs: Arguments of `PythonOperator`.
    """

    _can_skip_downstream = True

    def __init__(self, *, ignore_downstream_trigger_rules: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ignore_downstream_trigger_rules = ignore_downstream_trigger_rules

    def execute(self, context: Context) -> Any:
        condition = super().execute(context)
        self.log.info("Condition result is %s", condition)
        if condition:
            self.log.info("Proceeding with downstream tasks...")
            return condition
        if not self.downstream_task_ids:
            self.log.info("No downstream tasks; nothing to do.")
            return condition
        task = context["task"]
        if self.ignore_downstream_trigger_rules is True:
            below = task.get_flat_relatives(upstream=False)
        else:
            below = task.get_direct_relatives(upstream=False)
        self.log.info("Skipping downstream tasks")
        self.skip(ti=context["ti"], tasks=[each for each in below if not each.is_teardown])
        return condition
