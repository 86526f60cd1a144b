"""Defines what `@task` makes of a function, as `airflow.sdk.bases.decorator._TaskDecorator` in Airflow."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...authoring import BaseOperator, TriggerRule, XComArg
from ...authoring._expand_input import (
    DictOfListsExpandInput,
    ExpandInput,
    ListOfDictsExpandInput,
    check_return_values,
    check_rows,
    is_mappable,
)
from ...authoring._partial import check_duplicates
from ...options._outputs import returns_mapping
from ._mapped import mapped_task
from ._operator import context_names

TaskDecorator = Callable[..., Any]
"""The type of decorators such as `@task`, which may be called with arguments for the operator."""


class DecoratedTask:
    """A function that `@task` decorates.

    A call in a DAG file creates a task, and returns a reference to the task's result.

    Attributes:
        function: The function.
        operator_class: The operator class of the tasks.
        multiple_outputs: Whether each key of a returned dict becomes a separate XCom.
        kwargs: The arguments for the operator.
    """

    _airflow_is_task_decorator = True
    decorator_name = "task"
    is_setup = False
    is_teardown = False
    on_failure_fail_dagrun = False
    returns_dag_result = False

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        operator_class: type[BaseOperator],
        multiple_outputs: bool | None,
        kwargs: Mapping[str, Any],
    ) -> None:
        if "self" in inspect.signature(function).parameters:
            raise TypeError(f"@{self.decorator_name} does not support methods")
        self.function = function
        self.operator_class = operator_class
        self.multiple_outputs: bool = returns_mapping(function) if multiple_outputs is None else multiple_outputs
        self.kwargs: dict[str, Any] = {"task_id": getattr(function, "__name__", "task"), **kwargs}
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> XComArg:
        """Create a task in the DAG that is being defined."""
        given = self._operator_arguments()
        fails_run = given.pop("on_failure_fail_dagrun", self.on_failure_fail_dagrun)
        operator = self.operator_class(
            python_callable=self.function,
            op_args=args,
            op_kwargs={**given.pop("op_kwargs", {}), **kwargs},
            multiple_outputs=self.multiple_outputs,
            **given,
        )
        operator.is_setup = self.is_setup
        operator.is_teardown = self.is_teardown
        operator.on_failure_fail_dagrun = fails_run
        operator.returns_dag_result = self.returns_dag_result
        docs = (operator.doc, operator.doc_json, operator.doc_md, operator.doc_rst, operator.doc_yaml)
        if self.function.__doc__ and not any(docs):
            operator.doc_md = self.function.__doc__
        result: XComArg = XComArg(operator)
        return result

    def _operator_arguments(self) -> dict[str, Any]:
        if not self.is_teardown:
            return dict(self.kwargs)
        if "trigger_rule" in self.kwargs:
            raise ValueError("Trigger rule not configurable for teardown tasks.")
        return {**self.kwargs, "trigger_rule": TriggerRule.ALL_DONE_SETUP_SUCCESS}

    def override(self, **kwargs: Any) -> DecoratedTask:
        """Return a copy of this object with some of the operator's arguments replaced."""
        return self._with({**self.kwargs, **kwargs})

    def partial(self, **kwargs: Any) -> DecoratedTask:
        """Return a copy of this object with some of the function's arguments set, on which `expand` can be called."""
        self._check_names("partial", kwargs)
        given = self.kwargs.get("op_kwargs", {})
        check_duplicates(given, kwargs, reason="duplicate partial")
        return self._with({**self.kwargs, "op_kwargs": {**given, **kwargs}})

    def _with(self, kwargs: dict[str, Any]) -> DecoratedTask:
        twin = copy.copy(self)
        twin.kwargs = kwargs
        return twin

    def expand(self, **map_kwargs: Any) -> XComArg:
        """Map the task. In a run, the task has one instance for each combination of the given arguments' elements."""
        if not map_kwargs:
            raise TypeError("no arguments to expand against")
        self._check_rule("expand", map_kwargs.values())
        self._check_names("expand", map_kwargs)
        check_duplicates(self.kwargs, map_kwargs, reason="mapping already partial")
        return self._expand(DictOfListsExpandInput(map_kwargs), strict=False)

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> XComArg:
        """Map the task. In a run, the task has one instance for each dict of arguments.

        With `strict`, no dict may contain arguments of `partial`.
        """
        check_rows(kwargs)
        if isinstance(kwargs, Sequence):
            self._check_rule(
                "expand_kwargs", [value for row in kwargs if isinstance(row, Mapping) for value in row.values()]
            )
        return self._expand(ListOfDictsExpandInput(kwargs), strict=strict)

    def _expand(self, expand_input: ExpandInput, *, strict: bool) -> XComArg:
        check_return_values(expand_input.value)
        arguments = self._operator_arguments()
        fails_run = arguments.pop("on_failure_fail_dagrun", self.on_failure_fail_dagrun)
        operator = mapped_task(
            self.function,
            self.operator_class,
            {**arguments, "multiple_outputs": self.multiple_outputs},
            expand_input,
            strict=strict,
            roles={"is_setup": self.is_setup, "is_teardown": self.is_teardown},
        )
        operator.on_failure_fail_dagrun = fails_run
        operator.returns_dag_result = self.returns_dag_result
        result: XComArg = XComArg(operator)
        return result

    def _check_rule(self, method: str, values: Any) -> None:
        if self.kwargs.get("trigger_rule") == TriggerRule.ALWAYS and any(isinstance(each, XComArg) for each in values):
            raise ValueError(
                f"Task-generated mapping within a task using '{method}' is not allowed with trigger rule 'always'."
            )

    def _check_names(self, method: str, arguments: Mapping[str, Any]) -> None:
        if shadowed := sorted(context_names() & arguments.keys()):
            raise ValueError(f"cannot call {method}() on task context variable {', '.join(map(repr, shadowed))}")
        parameters = inspect.signature(self.function).parameters
        if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
            return
        for name, value in arguments.items() if method == "expand" else ():
            if name in parameters and not is_mappable(value):
                raise ValueError(
                    f"expand() got an unexpected type {type(value).__name__!r} for keyword argument {name!r}"
                )
        unknown = [name for name in arguments if name not in parameters]
        if unknown:
            raise TypeError(
                f"{method}() got an unexpected keyword argument{'s' if len(unknown) > 1 else ''} "
                f"{', '.join(map(repr, unknown))}"
            )


def task_decorator_factory(
    python_callable: Callable[..., Any] | None = None,
    *,
    multiple_outputs: bool | None = None,
    decorated_operator_class: type[BaseOperator],
    **kwargs: Any,
) -> Any:
    """Decorate a function whose calls create tasks of the given operator class, or return a decorator that does so.

    Args:
        python_callable: The function. None if the decorator is written with arguments, as in `@task(retries=2)`.
        multiple_outputs: Whether each key of a returned dict becomes a separate XCom. By default, True if the
            function's return annotation is a dict.
        decorated_operator_class: The operator class of the tasks.
        kwargs: Arguments for the operator.
    """

    def decorate(function: Callable[..., Any]) -> DecoratedTask:
        return DecoratedTask(
            function, operator_class=decorated_operator_class, multiple_outputs=multiple_outputs, kwargs=kwargs
        )

    if python_callable is None:
        return decorate
    if not callable(python_callable):
        raise TypeError("No positional arguments allowed while using @task, use named arguments instead")
    return decorate(python_callable)
