"""Mapped tasks of decorated functions. Their `expand` maps arguments of the function, not of the operator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...authoring import BaseOperator, MappedOperator
from ...authoring._expand_input import ExpandInput
from ...authoring._partial import check_duplicates, partial_of
from ._operator import get_unique_task_id


class DecoratedMappedOperator(MappedOperator):
    """The mapped operator of a decorated function.

    Attributes:
        python_callable: The function.
        strict: Whether it is an error if the mapped values contain arguments that `partial` has already set.
    """

    def __init__(self, *, strict: bool, python_callable: Callable[..., Any], **kwargs: Any) -> None:
        self.strict = strict
        self.python_callable = python_callable
        super().__init__(**kwargs, disallow_kwargs_override=False)

    def _unmapped_arguments(self, row: Mapping[str, Any]) -> dict[str, Any]:
        given = self.partial_kwargs["op_kwargs"]
        if self.strict:
            check_duplicates(given, row, reason="mapping already partial")
        return super()._unmapped_arguments({"python_callable": self.python_callable, "op_kwargs": {**given, **row}})


def mapped_task(
    function: Callable[..., Any],
    operator_class: type[BaseOperator],
    arguments: dict[str, Any],
    expand_input: ExpandInput,
    *,
    strict: bool,
    roles: Mapping[str, bool],
) -> DecoratedMappedOperator:
    """Create a mapped task in the DAG that is being defined.

    Args:
        function: The function.
        operator_class: The operator class of the task instances.
        arguments: The arguments of the operator that are not mapped.
        expand_input: The function's arguments that are mapped, with their values.
        strict: Whether it is an error if the mapped values contain arguments that `partial` has already set.
        roles: The values of `is_setup` and `is_teardown`.
    """
    task_id = get_unique_task_id(arguments.pop("task_id"), arguments.get("dag"), arguments.get("task_group"))
    partial = partial_of(operator_class, task_id=task_id, **{"op_args": [], "op_kwargs": {}, **arguments})
    # Mark the partial operator as expanded: otherwise it would log a warning when it is deleted.
    partial._expand_called = True
    return DecoratedMappedOperator(
        python_callable=function,
        strict=strict,
        operator_class=operator_class,
        expand_input=expand_input,
        partial_kwargs={**partial.kwargs, **roles},
        params=partial.params,
    )
